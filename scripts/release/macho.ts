/**
 * Reads a macOS program: the minimum macOS version, and whether its code signature matches its bytes.
 * macOS on Apple silicon kills a program whose pages do not match the signed hashes, so a broken binary
 * would fail on every machine.
 *
 * The structures are from `mach-o/loader.h` and `kern/cs_blobs.h` in Apple's XNU.
 *
 * @module
 */

/** A program's properties. */
export interface MachO {
  readonly processor: "arm64" | "x64";
  /** The minimum macOS, such as `11.0`. */
  readonly leastSystem: string;
  /** `none`; `ad hoc`, without a signer; `signed`, with a certificate. */
  readonly signature: "none" | "ad hoc" | "signed";
}

/** The file is not a well-formed program for macOS, or its signature does not match. */
export class BadMachO extends Error {}

const magic64 = 0xfeedfacf;
const processors: Readonly<Record<number, MachO["processor"]>> = {
  0x0100000c: "arm64",
  0x01000007: "x64",
};
const commands = { codeSignature: 0x1d, versionMin: 0x24, buildVersion: 0x32 };
/** Far above any real program. */
const mostCommands = 1_000;
const superBlob = 0xfade0cc0;
const codeDirectory = 0xfade0c02;
const cmsSignature = 0xfade0b01;
const mostBlobs = 64;
/** A CMS blob of this size is empty, as in an ad hoc signature. */
const emptyCms = 8;
const adHocFlag = 0x2;
const sha256 = { type: 2, size: 32 };

/**
 * Reads the program and compares the hash of each of its pages.
 *
 * @throws {BadMachO}
 */
export async function readMachO(program: Uint8Array<ArrayBuffer>): Promise<MachO> {
  const view = new Reader(program);
  if (view.u32(0, true) !== magic64) throw new BadMachO("not a 64-bit Mach-O file");
  const processor = processors[view.u32(4, true)];
  if (!processor) throw new BadMachO("for a processor that athm is not released for");
  const count = view.u32(16, true);
  if (count > mostCommands) throw new BadMachO(`${count} load commands`);
  let leastSystem: string | undefined;
  let signed: { readonly at: number; readonly size: number } | undefined;
  for (let at = 32, left = count; left > 0; left--) {
    const [command, size] = [view.u32(at, true), view.u32(at + 4, true)];
    if (size < 8) throw new BadMachO("a load command without a size");
    if (command === commands.codeSignature) {
      signed = { at: view.u32(at + 8, true), size: view.u32(at + 12, true) };
    } else if (command === commands.versionMin) leastSystem = versionOf(view.u32(at + 8, true));
    else if (command === commands.buildVersion) leastSystem = versionOf(view.u32(at + 12, true));
    at += size;
  }
  if (leastSystem === undefined) throw new BadMachO("it does not say which macOS it needs");
  const signature = signed ? await checkSignature(program, signed) : "none";
  return { processor, leastSystem, signature };
}

/** `xxxx.yy.zz` in nibbles. */
function versionOf(packed: number): string {
  return `${packed >>> 16}.${(packed >>> 8) & 0xff}`;
}

async function checkSignature(
  program: Uint8Array<ArrayBuffer>,
  { at, size }: { readonly at: number; readonly size: number },
): Promise<MachO["signature"]> {
  if (at + size > program.length) throw new BadMachO("the signature lies outside the file");
  const view = new Reader(program.subarray(at, at + size));
  if (view.u32(0) !== superBlob) throw new BadMachO("the signature is not a SuperBlob");
  const count = view.u32(8);
  if (count > mostBlobs) throw new BadMachO(`${count} blobs in the signature`);
  const offsets = Array.from({ length: count }, (_, index) => view.u32(12 + index * 8 + 4));
  const directories = offsets.filter((offset) => view.u32(offset) === codeDirectory);
  if (directories.length === 0) throw new BadMachO("the signature has no CodeDirectory");
  for (const offset of directories) await checkPages(program, at, view, offset);
  const isSigned = offsets.some((offset) =>
    view.u32(offset) === cmsSignature && view.u32(offset + 4) > emptyCms
  );
  const isAdHoc = directories.some((offset) => (view.u32(offset + 12) & adHocFlag) !== 0);
  if (isSigned === isAdHoc) {
    throw new BadMachO("the signature is neither ad hoc nor a certificate's");
  }
  return isSigned ? "signed" : "ad hoc";
}

/** Compares the hash of every page with the one in the CodeDirectory. */
async function checkPages(
  program: Uint8Array<ArrayBuffer>,
  signatureAt: number,
  view: Reader,
  directory: number,
): Promise<void> {
  const hashes = directory + view.u32(directory + 16);
  const [slots, limit] = [view.u32(directory + 28), view.u32(directory + 32)];
  const [hashSize, hashType, , pageBits] = [36, 37, 38, 39].map((at) => view.u8(directory + at));
  if (hashSize !== sha256.size || hashType !== sha256.type) {
    throw new BadMachO("its page hashes are not SHA-256");
  }
  const pageSize = 2 ** (pageBits ?? 0);
  if (limit !== signatureAt) throw new BadMachO("the signature does not cover the whole program");
  if (slots !== Math.ceil(limit / pageSize)) throw new BadMachO("not one hash for each page");
  for (let page = 0; page < slots; page++) {
    const bytes = program.subarray(page * pageSize, Math.min((page + 1) * pageSize, limit));
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
    const expected = view.bytes(hashes + page * hashSize, hashSize);
    if (!digest.every((byte, index) => byte === expected[index])) {
      throw new BadMachO(`page ${page} does not have the signed hash`);
    }
  }
}

/** Reads a file's numbers; reading past its end is a `BadMachO`. */
class Reader {
  readonly #view: DataView;
  constructor(bytes: Uint8Array<ArrayBuffer>) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }
  u32(at: number, littleEndian = false): number {
    this.#within(at, 4);
    return this.#view.getUint32(at, littleEndian);
  }
  u8(at: number): number {
    this.#within(at, 1);
    return this.#view.getUint8(at);
  }
  bytes(at: number, length: number): Uint8Array {
    this.#within(at, length);
    return new Uint8Array(this.#view.buffer, this.#view.byteOffset + at, length);
  }
  #within(at: number, length: number): void {
    if (at < 0 || at + length > this.#view.byteLength) throw new BadMachO("the file is cut off");
  }
}
