// Syntax that parsers of 2018 refuse: private fields, optional chaining, nullish assignment, numeric separators.
export class PriorityQueue {
  static #LIMIT = 1_000_000;
  #heap = [];
  #compare;

  constructor(compare) {
    this.#compare = compare ?? ((a, b) => a - b);
  }

  get size() { return this.#heap.length; }

  peek() { return this.#heap.at(0)?.value; }

  push(value, tag) {
    if (this.size >= PriorityQueue.#LIMIT) throw new RangeError('the queue is full');
    const node = { value };
    node.tag ??= tag ?? 'untagged';
    this.#heap.push(node);
    let i = this.size - 1;
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (this.#compare(this.#heap[parent].value, this.#heap[i].value) <= 0) break;
      [this.#heap[parent], this.#heap[i]] = [this.#heap[i], this.#heap[parent]];
      i = parent;
    }
  }

  pop() {
    const top = this.#heap[0];
    const last = this.#heap.pop();
    if (this.size) {
      this.#heap[0] = last;
      this.#sink(0);
    }
    return top?.value;
  }

  #sink(i) {
    for (;;) {
      let best = i;
      for (const child of [2 * i + 1, 2 * i + 2]) {
        if (child < this.size && this.#compare(this.#heap[child].value, this.#heap[best].value) < 0) best = child;
      }
      if (best === i) return;
      [this.#heap[best], this.#heap[i]] = [this.#heap[i], this.#heap[best]];
      i = best;
    }
  }

  async *drain() {
    while (this.size) yield this.pop();
  }
}
