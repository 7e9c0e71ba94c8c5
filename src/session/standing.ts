import { nameKey } from "../model/names.ts";
import type { Profile } from "../model/profile.ts";
import type { Listed } from "../store/store.ts";

/** The profiles whose source is the profile of that name. */
export function dependents(listed: readonly Listed[], name: string): Profile[] {
  const key = nameKey(name);
  return listed.flatMap((each) => {
    if (!("profile" in each) || each.profile.source.kind !== "profile") return [];
    return nameKey(each.profile.source.from) === key ? [each.profile] : [];
  });
}
