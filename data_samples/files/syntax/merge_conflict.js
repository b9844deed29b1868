const DAY = 24 * 60 * 60 * 1000;

export function startOfDay(time) {
  const date = new Date(time);
  date.setHours(0, 0, 0, 0);
  return date;
}

<<<<<<< HEAD
export function daysBetween(a, b) {
  return Math.round((startOfDay(b) - startOfDay(a)) / DAY);
}
=======
export function daysBetween(first, last, { inclusive = false } = {}) {
  const days = Math.round((startOfDay(last) - startOfDay(first)) / DAY);
  return inclusive ? days + 1 : days;
}
>>>>>>> feature/inclusive-ranges

export function isWeekend(time) {
  const day = new Date(time).getDay();
  return day === 0 || day === 6;
}

export function workingDays(first, last) {
  let count = 0;
  for (let t = startOfDay(first).getTime(); t <= startOfDay(last).getTime(); t += DAY) {
    if (!isWeekend(t)) count += 1;
  }
  return count;
}
