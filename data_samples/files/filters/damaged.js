// Decoded with the wrong table once, and saved: the letters are gone for good.
export const MONTHS = ['janvier', 'f��vrier', 'mars', 'avril', 'mai', 'juin', 'juillet', 'ao��t', 'septembre', 'octobre', 'novembre', 'd��cembre'];
export const NUMBERS = ['z��ro', 'un', 'deux', 'trois', 'quatre', 'cinq', 'six', 'sept', 'huit', 'neuf'];

export function spellDate(date) {
  const day = date.getDate() === 1 ? 'premier' : String(date.getDate());
  return `le ${day} ${MONTHS[date.getMonth()]} ${date.getFullYear()}`;
}

export function spellDigits(number) {
  return [...String(number)].map((d) => NUMBERS[Number(d)] || '��').join(' ');
}

// R��glage par d��faut : le premier jour de la semaine est le lundi, les ann��es sont �� quatre chiffres.
export const DEFAULTS = { premierJour: 1, ann��eLongue: true, s��parateur: ' �� ' };
