import { nameKey } from "../model/names.ts";
import type { Profile } from "../model/profile.ts";
import { factsOf } from "../sources/all_sources.ts";
import type { Listed } from "../store/store.ts";

/** The profiles based directly on that profile. */
export function dependents(listed: readonly Listed[], name: string): Profile[] {
  const key = nameKey(name);
  return listed.flatMap((each) => {
    if (!("profile" in each)) return [];
    const { base } = factsOf(each.profile.source);
    return base !== undefined && nameKey(base) === key ? [each.profile] : [];
  });
}

/** The same names, each before its base profiles. */
export function dependentsFirst(listed: readonly Listed[], names: readonly string[]): string[] {
  const below = new Map(listed.flatMap((each) => {
    if (!("profile" in each)) return [];
    const { name, source } = each.profile;
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
