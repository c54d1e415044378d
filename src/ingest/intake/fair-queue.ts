// A queue that serves its senders in turn: one who sends much waits behind himself.

export class FairQueue<T> {
  /** Senders with something in the queue, the next one first. */
  readonly #waiting = new Map<string, T[]>();
  #length = 0;

  get length(): number {
    return this.#length;
  }

  add(sender: string, item: T): void {
    const items = this.#waiting.get(sender);
    if (items === undefined) this.#waiting.set(sender, [item]);
    else items.push(item);
    this.#length++;
  }

  /** The oldest of the sender whose turn it is; undefined when there is none. */
  next(): T | undefined {
    const first = this.#waiting.entries().next();
    if (first.done) return undefined;
    const [sender, items] = first.value;
    const item = items.shift();
    this.#waiting.delete(sender);
    if (items.length > 0) this.#waiting.set(sender, items);
    this.#length--;
    return item;
  }
}
