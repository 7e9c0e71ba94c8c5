import { nameKey } from "../model/names.ts";
import type { Profile } from "../model/profile.ts";
import { factsOf } from "../sources/all_sources.ts";

/** The profiles based directly on that profile. */
export function dependents(profiles: readonly Profile[], name: string): Profile[] {
  return profiles.filter(({ source }) => {
    const { base } = factsOf(source);
    return base !== undefined && nameKey(base) === nameKey(name);
  });
}

/** The same names in order: each comes before its base profiles. */
export function dependentsFirst(profiles: readonly Profile[], names: readonly string[]): string[] {
  const below = new Map(profiles.flatMap(({ name, source }) => {
    const { base } = factsOf(source);
    return base === undefined ? [] : [[nameKey(name), nameKey(base)] as const];
  }));
  const depth = (name: string): number => {
    const seen = new Set<string>();
    for (let at = below.get(nameKey(name)); at !== undefined && !seen.has(at); at = below.get(at)) {
      seen.add(at);
    }
    return seen.size;
  };
  return names.toSorted((a, b) => depth(b) - depth(a));
}
