/** Orders texts as people read them: ignoring case, and numbers by value: `account-2`, `account-10`. */
export function naturally(a: string, b: string): number {
  return inOrder(partsOf(a), partsOf(b)) || compare(a, b);
}

/** Sorted by their texts, of which each is split once. */
export function sortedNaturally<T>(all: readonly T[], textOf: (one: T) => string): T[] {
  return all.map((one) => ({ one, text: textOf(one), parts: partsOf(textOf(one)) }))
    .sort((a, b) => inOrder(a.parts, b.parts) || compare(a.text, b.text))
    .map(({ one }) => one);
}

function inOrder(left: readonly string[], right: readonly string[]): number {
  for (const [at, part] of left.entries()) {
    const other = right[at];
    if (other === undefined) return 1;
    // Text and digits alternate, so both are of the same kind.
    const order = at % 2 ? byValue(part, other) : compare(part, other);
    if (order) return order;
  }
  return left.length - right.length;
}

function partsOf(text: string): string[] {
  return text.toLowerCase().split(/(\d+)/);
}

/** Numbers of any length. */
function byValue(a: string, b: string): number {
  const [left, right] = [a, b].map((each) => each.replace(/^0+/, "")) as [string, string];
  return left.length - right.length || compare(left, right);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
