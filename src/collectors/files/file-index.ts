// Something about each of many files, by the file's key and by the path it was written under.

export class FileIndex<T extends { readonly path: string }> {
  readonly #byKey = new Map<string, T>();
  readonly #keysOf = new Map<string, Set<string>>();

  get size(): number {
    return this.#byKey.size;
  }

  has(key: string): boolean {
    return this.#byKey.has(key);
  }

  get(key: string): T | undefined {
    return this.#byKey.get(key);
  }

  set(key: string, value: T): void {
    this.delete(key);
    this.#byKey.set(key, value);
    const keys = this.#keysOf.get(value.path);
    if (keys) keys.add(key);
    else this.#keysOf.set(value.path, new Set([key]));
  }

  delete(key: string): void {
    const path = this.#byKey.get(key)?.path;
    if (path === undefined) return;
    this.#byKey.delete(key);
    const keys = this.#keysOf.get(path);
    keys?.delete(key);
    if (keys?.size === 0) this.#keysOf.delete(path);
  }

  clear(): void {
    this.#byKey.clear();
    this.#keysOf.clear();
  }

  /** Of all files that were written under this path. */
  of(path: string): T[] {
    return [...(this.#keysOf.get(path) ?? [])].map((key) => this.#byKey.get(key) as T);
  }

  /** As they are now: it may be changed meanwhile. */
  entries(): [string, T][] {
    return [...this.#byKey];
  }
}
