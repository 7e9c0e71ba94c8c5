import { Failure } from "../../model/failure.ts";
import { suggestion } from "../../model/names.ts";
import type { Store } from "../../session/stores.ts";

/** @throws {Failure} `not-found`, with the nearest name */
export async function noPolicy(name: string, store: Store | undefined): Promise<Failure> {
  const known = (await store?.policies.all() ?? []).map((each) => each.name);
  return new Failure(
    "not-found",
    `policy ${JSON.stringify(name)} not found${suggestion(name, known)}`,
    known.length
      ? "run athm policy ls to list policies"
      : "run athm policy add NAME FILE to add one",
  );
}
