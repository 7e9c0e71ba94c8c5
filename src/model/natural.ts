/** Orders texts as people read them: ignoring case, and numbers by value: `account-2`, `account-10`. */
export function naturally(a: string, b: string): number {
  const [left, right] = [a, b].map(partsOf) as [string[], string[]];
  for (const [at, part] of left.entries()) {
    const other = right[at];
    if (other === undefined) return 1;
    // Text and digits alternate, so both are of the same kind.
    const order = at % 2 ? byValue(part, other) : compare(part, other);
    if (order) return order;
  }
  return left.length - right.length || compare(a, b);
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
