import type { MachO } from "./macho.ts";

/** A system and processor that athm is released for. */
export interface Target {
  /** As in archive names, and as `install.sh` derives it from `uname`. */
  readonly name: string;
  /** Deno's name. */
  readonly triple: string;
  readonly archive: "tar.gz" | "zip";
  readonly program: "athm" | "athm.exe";
  /** Includes its own glibc, for systems with another C library. */
  readonly bringsGlibc?: true;
  /** What its program must look like before Apple's notarization. */
  readonly macos?: MachO;
}

/** Each target is one line here. */
export const targets: readonly Target[] = [
  unix("linux-x64", "x86_64-unknown-linux-gnu"),
  unix("linux-arm64", "aarch64-unknown-linux-gnu"),
  { ...unix("linux-x64-musl", "x86_64-unknown-linux-gnu"), bringsGlibc: true },
  { ...unix("linux-arm64-musl", "aarch64-unknown-linux-gnu"), bringsGlibc: true },
  {
    ...unix("macos-x64", "x86_64-apple-darwin"),
    macos: { processor: "x64", leastSystem: "10.12", signature: "none" },
  },
  {
    ...unix("macos-arm64", "aarch64-apple-darwin"),
    macos: { processor: "arm64", leastSystem: "11.0", signature: "ad hoc" },
  },
  windows("windows-x64", "x86_64-pc-windows-msvc"),
  windows("windows-arm64", "aarch64-pc-windows-msvc"),
];

function unix(name: string, triple: string): Target {
  return { name, triple, archive: "tar.gz", program: "athm" };
}

function windows(name: string, triple: string): Target {
  return { name, triple, archive: "zip", program: "athm.exe" };
}

/** The folder inside an archive, which is also its name without the extension. */
export function folderOf(version: string, { name }: Target): string {
  return `athm-${version}-${name}`;
}

export function archiveOf(version: string, target: Target): string {
  return `${folderOf(version, target)}.${target.archive}`;
}
