import { narrowingWords, rfc3339 } from "../../model/credentials.ts";
import { Failure } from "../../model/failure.ts";
import { nameKey, suggestion } from "../../model/names.ts";
import type { ServeClient } from "../../model/proofs.ts";
import type { Store } from "../../session/stores.ts";

export async function clientNamed(store: Store, label: string): Promise<ServeClient | undefined> {
  return (await store.clients.all()).find((each) => nameKey(each.label) === nameKey(label));
}

/** @throws {Failure} `not-found`, with the nearest label */
export async function noClient(label: string, store: Store | undefined): Promise<Failure> {
  const known = (await store?.clients.all() ?? []).map((each) => each.label);
  return new Failure(
    "not-found",
    `no client is labeled ${JSON.stringify(label)}${suggestion(label, known)}`,
    known.length
      ? "run athm serve token ls to list clients"
      : "run athm serve token add LABEL --profile NAME to add one",
  );
}

/** `work, test (read-only), until 2026-01-01T08:00:00Z` */
export function clientWords({ profiles, narrowing, expires }: ServeClient): string {
  const restricted = narrowing ? ` (${narrowingWords(narrowing)})` : "";
  const end = expires === undefined ? "" : `, until ${rfc3339(expires)}`;
  return `${profiles.join(", ")}${restricted}${end}`;
}
