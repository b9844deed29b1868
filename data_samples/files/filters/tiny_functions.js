// One line functions on points, all of them.
export const add = (a, b) => [a[0] + b[0], a[1] + b[1]];
export const subtract = (a, b) => [a[0] - b[0], a[1] - b[1]];
export const scale = (a, k) => [a[0] * k, a[1] * k];
export const dot = (a, b) => a[0] * b[0] + a[1] * b[1];
export const cross = (a, b) => a[0] * b[1] - a[1] * b[0];
export const length = (a) => Math.hypot(a[0], a[1]);
export const distance = (a, b) => Math.hypot(a[0] - b[0], a[1] - b[1]);
export const turn = (a) => [-a[1], a[0]];
export const flip = (a) => [-a[0], -a[1]];
export const middle = (a, b) => [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2];
export const angle = (a) => Math.atan2(a[1], a[0]);
export const equal = (a, b) => a[0] === b[0] && a[1] === b[1];
export const clamp = (a, m) => [Math.min(a[0], m), Math.min(a[1], m)];
