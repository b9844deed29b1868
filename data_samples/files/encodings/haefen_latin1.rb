# Namen der Häfen, wie sie auf der Karte stehen.
HÄFEN = {
  "büsum" => "Büsum",
  "norderney" => "Norderney",
  "wyk" => "Wyk auf Föhr",
  "husum" => "Husum",
  "dagebüll" => "Dagebüll",
}.freeze

# Sucht einen Hafen ohne Rücksicht auf Groß- und Kleinschreibung.
def hafen(name)
  HÄFEN.fetch(name.strip.downcase) do
    ähnlich = HÄFEN.keys.select { |k| k.start_with?(name.strip.downcase[0, 2]) }
    raise KeyError, "unbekannter Hafen #{name}, vielleicht #{ähnlich.join(' oder ')}?"
  end
end

def alle_häfen
  HÄFEN.values.sort
end
