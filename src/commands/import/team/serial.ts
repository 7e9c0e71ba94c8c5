import { Failure } from "../../../model/failure.ts";
import type { TrustedKey } from "../../../migration/team/keys.ts";
import type { TeamFile } from "../../../migration/team/parse.ts";
import type { Store } from "../../../session/stores.ts";
import type { System } from "../../../system/system.ts";
import type { Series } from "./difference.ts";
import { isAddress } from "./download.ts";

/** A name of the file distinguishes several files of one signer; a file without one is its path. */
export function seriesOf(
  { files }: System,
  where: string,
  { name }: TeamFile,
  signer: TrustedKey | undefined,
  keys: readonly TrustedKey[],
): Series {
  const named = (by: string) => name === "" ? by : `${by} ${name}`;
  if (!signer) {
    const own = named(files.absolute(where));
    return { own, all: [own], held: [own] };
  }
  const all = keys.map(({ fingerprint }) => named(fingerprint));
  const held = isAddress(where) ? [...all, named(where)] : all;
  return { own: named(signer.fingerprint), all, held };
}

/**
 * Otherwise an attacker who can send a file could send an old one with its signature.
 *
 * @throws {Failure} `untrusted`
 */
export async function refuseOlder(
  where: string,
  { serial }: TeamFile,
  { held }: Series,
  { taken }: Pick<Store, "taken">,
): Promise<void> {
  for (const series of held) {
    const before = await taken.find(series);
    if (!before || before.serial <= serial) continue;
    throw new Failure(
      "untrusted",
      `${where} is older than the file imported before: its serial number is ${serial}, ` +
        `but ${before.serial} was imported`,
      "get the current file; each change of it must raise the serial number",
    );
  }
}

/**
 * Remembers the serial number, unless another process imported a newer file meanwhile: for each key,
 * since the person may trust only one of the others next time.
 */
export async function take(
  where: string,
  file: TeamFile,
  series: Series,
  store: Store,
): Promise<void> {
  await store.change(async () => {
    await refuseOlder(where, file, series, store);
    const { serial } = file;
    for (const each of series.held) {
      if ((await store.taken.find(each))?.serial === serial) continue;
      await store.taken.save(each, { series: each, serial });
    }
  });
}
