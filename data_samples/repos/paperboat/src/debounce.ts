/** Calls `run` once things have been quiet for `wait` milliseconds, with the newest arguments. */
export function debounce<A extends unknown[]>(run: (...args: A) => void, wait: number) {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let latest: A;

  const debounced = (...args: A): void => {
    latest = args;
    clearTimeout(timer);
    timer = setTimeout(() => {
      timer = undefined;
      run(...latest);
    }, wait);
  };

  /** Do not wait any longer. */
  debounced.flush = (): void => {
    if (timer === undefined) return;
    clearTimeout(timer);
    timer = undefined;
    run(...latest);
  };

  debounced.cancel = (): void => {
    clearTimeout(timer);
    timer = undefined;
  };

  return debounced;
}
