import { defined } from "../model/fields.ts";
import { nameKey } from "../model/names.ts";
import type { Outline, OutlineFacts } from "../model/outline.ts";
import type { ResolvedProfile } from "../model/profile.ts";
import { factsOf, sourceOf } from "../sources/all_sources.ts";
import type { Damaged, Outlined, Store } from "../store/store.ts";
import { inheriting } from "./sign_in/fingerprint.ts";

export type { Outlined } from "../store/store.ts";

/** All profiles without their secrets, sorted by name; damaged ones last. */
export function outlinesIn(store: Store): Promise<readonly (Outlined | Damaged)[]> {
  return store.outlines(outlineOf);
}

export async function namesIn(store: Store | undefined): Promise<readonly string[]> {
  const listed = store ? await outlinesIn(store) : [];
  return listed.flatMap((each) => "outline" in each ? [each.outline.name] : []);
}

/** With inherited settings; nothing if a base profile is missing or damaged, or for a cycle. */
export function wholeOutline(
  outline: Outline,
  /** By `nameKey`. */
  all: ReadonlyMap<string, Outline>,
  above: ReadonlySet<string> = new Set(),
): Outline | undefined {
  const { base: from } = outline.facts;
  if (from === undefined) return outline;
  const chain = new Set([...above, nameKey(outline.name)]);
  const next = chain.has(nameKey(from)) ? undefined : all.get(nameKey(from));
  const base = next && wholeOutline(next, all, chain);
  return base && inheriting(outline, base).whole;
}

/**
 * The index keeps outlines: after a change of what one contains or means, raise `indexVersion`
 * (src/store/sealing/index_record.ts).
 */
export function outlineOf(profile: ResolvedProfile): Outline {
  const { name, source, roleArns, network, inherited, confirm, confirmFrom } = profile;
  const { base, role, region, principal, portal, certificate } = factsOf(source);
  const facts: OutlineFacts = defined({
    base,
    role,
    region,
    principal,
    portal: portal && defined({
      startUrl: portal.startUrl,
      region: portal.region,
      portalEndpointUrl: portal.portalEndpointUrl,
      oidcEndpointUrl: portal.oidcEndpointUrl,
    }),
    certificate: certificate && defined({
      region: certificate.region,
      endpointUrl: certificate.endpointUrl,
      ends: certificate.ends,
    }),
  });
  return {
    name,
    kind: sourceOf(source).kind,
    roleArns,
    network,
    facts,
    ...defined({ inherited, confirm, confirmFrom }),
  };
}
