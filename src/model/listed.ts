/** The first of many names in a sentence: `a, b and 98 more`. */
export function listed(names: readonly string[], most = 10): string {
  const shown = names.slice(0, most).join(", ");
  const rest = names.length - most;
  return rest > 0 ? `${shown} and ${rest} more` : shown;
}
