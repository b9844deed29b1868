import type { Water } from './wave.js';

export interface Paper {
  /** Grams per square metre. */
  weight: number;
  /** Seconds until it is soaked. */
  holds: number;
}

export const PAPERS: Record<string, Paper> = {
  newspaper: { weight: 45, holds: 40 },
  writing: { weight: 80, holds: 75 },
  busTicket: { weight: 120, holds: 200 },
  waxed: { weight: 60, holds: 900 },
};

export class Boat {
  x: number;
  y: number;
  private vx = 0;
  private vy = 0;
  private wet = 0;

  constructor(private readonly paper: Paper, x: number, y: number) {
    this.x = x;
    this.y = y;
  }

  get afloat(): boolean {
    return this.wet < this.paper.holds;
  }

  /** How deep the boat sits, between 0 (dry) and 1 (about to go under). */
  get draught(): number {
    return Math.min(1, this.paper.weight / 400 + this.wet / this.paper.holds);
  }

  /** The boat slides down the slope of the water and is slowed by what it has soaked up. */
  step(water: Water, wind: number, seconds: number): void {
    if (!this.afloat) return;
    const column = Math.floor(this.x);
    const row = Math.floor(this.y);
    const here = water.at(column, row) ?? 0;
    const slopeX = (water.at(column + 1, row) ?? here) - here;
    const slopeY = (water.at(column, row + 1) ?? here) - here;
    const drag = 0.4 + 2 * this.draught;
    this.vx += seconds * (wind - 9.81 * slopeX - drag * this.vx);
    this.vy += seconds * (-9.81 * slopeY - drag * this.vy);
    this.x += seconds * this.vx;
    this.y += seconds * this.vy;
    this.wet += seconds * (1 + 4 * Math.abs(here));
  }
}
