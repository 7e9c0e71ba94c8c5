import { named } from "../model/endpoint.ts";
import { Failure, usage } from "../model/failure.ts";
import { hint, profileName } from "../model/hint.ts";
import type { ResolvedProfile } from "../model/profile.ts";
import type { System } from "./system.ts";

/** Additional certificates, as PEM text. @throws {Failure} `usage` for an unusable file */
export function trustedPem(
  { env, files }: System,
  { network, inherited }: Pick<ResolvedProfile, "network" | "inherited">,
): string | undefined {
  const base = inherited?.caBundle;
  const [path, from, advice] = network.caBundle
    ? [
      network.caBundle,
      named("--ca-bundle", base),
      hint`run athm aws set ${base ?? profileName} --ca-bundle FILE`,
    ]
    : [env.get("AWS_CA_BUNDLE"), "AWS_CA_BUNDLE", "set it to another file, or unset it"];
  if (!path) return undefined;
  const bytes = readBundle(files, path);
  if (!bytes) throw usage(`${from}: file ${path} not found`, advice);
  const text = new TextDecoder().decode(bytes);
  if (!text.includes("-----BEGIN CERTIFICATE-----")) {
    throw usage(`${from}: ${path} contains no certificate`, "it must be a PEM file");
  }
  return text;
}

function readBundle(files: System["files"], path: string) {
  try {
    return files.read(path);
  } catch (error) {
    throw error instanceof Failure ? usage(error.message) : error;
  }
}
