import { Boat, PAPERS } from './boat.js';
import { debounce } from './debounce.js';
import { Water } from './wave.js';

const canvas = document.querySelector<HTMLCanvasElement>('#pond')!;
const context = canvas.getContext('2d')!;
const water = new Water();
const boats: Boat[] = [];
let wind = 0;

function draw(): void {
  const image = context.createImageData(water.width, water.height);
  water.level.forEach((level, i) => {
    const shade = Math.max(0, Math.min(255, 120 + 400 * level));
    image.data.set([30, shade / 2 + 60, shade, 255], 4 * i);
  });
  context.putImageData(image, 0, 0);
  for (const boat of boats.filter((b) => b.afloat)) {
    context.fillStyle = `rgb(255 255 ${Math.round(255 * (1 - boat.draught))})`;
    context.fillRect(boat.x - 1, boat.y - 1, 3, 2);
  }
}

let before = performance.now();
function frame(now: number): void {
  const seconds = Math.min(0.05, (now - before) / 1000);
  before = now;
  water.step(seconds);
  for (const boat of boats) boat.step(water, wind, seconds);
  wind *= 0.98;
  draw();
  requestAnimationFrame(frame);
}

canvas.addEventListener('click', (event) => {
  boats.push(new Boat(PAPERS.newspaper!, event.offsetX, event.offsetY));
  water.push(Math.floor(event.offsetX), Math.floor(event.offsetY), -2);
});
window.addEventListener('keydown', (event) => {
  if (event.code === 'Space') wind += 1.5;
});
window.addEventListener('resize', debounce(() => canvas.scrollIntoView(), 200));
requestAnimationFrame(frame);
