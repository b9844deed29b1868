import assert from 'node:assert/strict';
import test from 'node:test';

import { Water } from '../src/wave.js';

test('still water stays still', () => {
  const water = new Water(8, 8);
  water.step(0.1);
  assert.ok(water.level.every((level) => level === 0));
});

test('a push spreads evenly in all directions', () => {
  const water = new Water(9, 9);
  water.push(4, 4, 1);
  for (let i = 0; i < 10; i += 1) water.step(0.02);
  const ring = [water.at(3, 4), water.at(5, 4), water.at(4, 3), water.at(4, 5)];
  assert.ok(ring.every((level) => level === ring[0] && level !== 0));
});

test('a push outside of the pond does nothing', () => {
  const water = new Water(4, 4);
  water.push(-1, 2, 5);
  assert.ok(water.speed.every((speed) => speed === 0));
});
