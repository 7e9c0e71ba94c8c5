/**
 * The content of the binary as CycloneDX 1.6 (ECMA-424): the bundled packages according to deno.lock,
 * and the runtime.
 *
 * @module
 */
import type { Module, Package } from "../contents.ts";
import { ScriptFailure } from "../deno.ts";
import type { Release } from "./checks.ts";

interface LockedPackage {
  /** Subresource integrity of the package's archive: `sha512-` and base64. */
  readonly integrity?: string;
  readonly dependencies?: readonly string[];
}

/** The relevant part of deno.lock, version 5. */
export interface Lock {
  readonly npm: Readonly<Record<string, LockedPackage>>;
}

/** The relevant part of a package.json. */
export interface Manifest {
  readonly license?: unknown;
  readonly description?: unknown;
}

/** A package of a Linux distribution whose files are in archives for musl. */
export interface SystemPackage {
  readonly name: string;
  readonly version: string;
  /** As in package URLs: `debian`, `amd64`. */
  readonly distribution: string;
  readonly processor: string;
  /** In SPDX's terms. */
  readonly license: string;
}

/**
 * The document as JSON.
 *
 * @param manifestOf reads a package's own package.json.
 * @throws {ScriptFailure} if a package is not in deno.lock or names no license.
 */
export async function sbom(
  release: Pick<Release, "version" | "commit" | "time" | "repository">,
  runtime: string,
  modules: readonly Module[],
  lock: Lock,
  manifestOf: (from: Package) => Promise<Manifest>,
  shipped: readonly SystemPackage[] = [],
): Promise<string> {
  const packages = embedded(modules);
  const names = new Map([...packages].map(([id]) => [id, reference(id)]));
  const components: unknown[] = [];
  const dependencies: { ref: string; dependsOn?: readonly string[] }[] = [];
  for (const [id, from] of packages) {
    const locked = lockedAs(id, lock);
    components.push(component(id, from, locked, await manifestOf(from)));
    const needed = (locked.dependencies ?? []).map((each) => resolved(each, lock))
      .flatMap((each) => names.get(each) ?? []);
    dependencies.push({ ref: reference(id), dependsOn: needed.toSorted() });
  }
  const self = `pkg:generic/athm@${release.version}`;
  const deno = `pkg:generic/deno@${runtime}`;
  const document = {
    $schema: "http://cyclonedx.org/schema/bom-1.6.schema.json",
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    version: 1,
    metadata: {
      timestamp: new Date(release.time * 1000).toISOString(),
      component: {
        type: "application",
        "bom-ref": self,
        name: "athm",
        version: release.version,
        purl: self,
        licenses: [{ license: { id: "Apache-2.0" } }],
        externalReferences: [{ type: "vcs", url: release.repository, comment: release.commit }],
      },
    },
    components: [
      {
        type: "platform",
        "bom-ref": deno,
        name: "deno",
        version: runtime,
        description: "the runtime, with V8 and the Rust crates of its own Cargo.lock",
        purl: deno,
        licenses: [{ license: { id: "MIT" } }],
      },
      ...components,
      ...shipped.map(systemComponent),
    ],
    dependencies: [
      { ref: self, dependsOn: [deno, ...[...names.values()].toSorted()] },
      { ref: deno },
      ...dependencies,
    ],
  };
  return JSON.stringify(document, undefined, 2) + "\n";
}

function systemComponent({ name, version, distribution, processor, license }: SystemPackage) {
  const purl = `pkg:deb/${distribution}/${name}@${encodeURIComponent(version)}?arch=${processor}`;
  return {
    type: "library",
    "bom-ref": purl,
    name,
    version,
    description: "only in the archives for musl",
    licenses: [{ expression: license }],
    purl,
  };
}

/** Packages by `name@version`, in that order. */
function embedded(modules: readonly Module[]): Map<string, Package> {
  const found = new Map<string, Package>();
  for (const { package: from } of modules) {
    if (from) found.set(`${from.name}@${from.version}`, from);
  }
  return new Map([...found].toSorted(([a], [b]) => a < b ? -1 : 1));
}

/** A package URL; an `@` of a scope is `%40`. */
function reference(id: string): string {
  return `pkg:npm/${id.replace(/^@/, "%40")}`;
}

/** Keys of deno.lock may continue with `_` and the package's resolved peers. */
function lockedAs(id: string, lock: Lock): LockedPackage {
  const found = Object.entries(lock.npm).find(([key]) => key === id || key.startsWith(`${id}_`));
  if (found) return found[1];
  throw new ScriptFailure(
    `${id} is embedded but not in deno.lock`,
    "deno install brings it up to date",
  );
}

/** `name@version` of a dependency, without the version if the lock has only one. */
function resolved(dependency: string, lock: Lock): string {
  const bare = (id: string) => id.replace(/_.*$/, "");
  if (dependency.lastIndexOf("@") > 0) return bare(dependency);
  return bare(Object.keys(lock.npm).find((key) => key.startsWith(`${dependency}@`)) ?? dependency);
}

function component(id: string, from: Package, locked: LockedPackage, manifest: Manifest) {
  const { license, description } = manifest;
  if (typeof license !== "string" || license === "") {
    throw new ScriptFailure(`${id} names no license in its package.json`);
  }
  const [group, name] = from.name.startsWith("@") ? from.name.split("/") : [undefined, from.name];
  const [algorithm, sum] = (locked.integrity ?? "").split("-");
  if (algorithm !== "sha512" || !sum) throw new ScriptFailure(`deno.lock has no SHA-512 of ${id}`);
  return {
    type: "library",
    "bom-ref": reference(id),
    ...(group === undefined ? {} : { group }),
    name,
    version: from.version,
    ...(typeof description === "string" && description !== "" ? { description } : {}),
    hashes: [{ alg: "SHA-512", content: Uint8Array.fromBase64(sum).toHex() }],
    // Spaces and parentheses make an SPDX expression; a single name is a license.
    licenses: [/[ ()]/.test(license) ? { expression: license } : { license: { id: license } }],
    purl: reference(id),
  };
}
