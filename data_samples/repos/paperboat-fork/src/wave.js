/** The water in plain JavaScript, for machines without WebAssembly. Same numbers as native/wave.c. */
export class Water {
  constructor(width = 128, height = 96) {
    this.width = width;
    this.height = height;
    this.level = new Float32Array(width * height);
    this.speed = new Float32Array(width * height);
  }

  at(x, y) {
    if (x < 0 || y < 0 || x >= this.width || y >= this.height) return undefined;
    return this.level[y * this.width + x];
  }

  around(x, y) {
    const own = this.at(x, y);
    const neighbours = [this.at(x + 1, y), this.at(x - 1, y), this.at(x, y + 1), this.at(x, y - 1)];
    return neighbours.reduce((sum, level) => sum + (level ?? own), 0) / 4;
  }

  step(seconds, stiffness = 38, damping = 0.35) {
    for (let y = 0; y < this.height; y += 1) {
      for (let x = 0; x < this.width; x += 1) {
        const i = y * this.width + x;
        const pull = stiffness * (this.around(x, y) - this.level[i]);
        this.speed[i] += seconds * (pull - damping * this.speed[i]);
      }
    }
    this.level.forEach((level, i) => { this.level[i] = level + seconds * this.speed[i]; });
  }

  push(x, y, strength) {
    if (this.at(x, y) !== undefined) this.speed[y * this.width + x] += strength;
  }
}
