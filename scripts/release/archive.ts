/**
 * Archives whose bytes depend only on their content: not on an owner, a clock or a folder's order.
 *
 * @module
 */

/** A file of an archive. */
export interface Packed {
  /** With slashes, relative. */
  readonly path: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly executable: boolean;
}

const encoder = new TextEncoder();
const order = (a: Packed, b: Packed) => a.path < b.path ? -1 : 1;

/**
 * A gzipped tar archive (POSIX.1-2017 pax, the ustar header block) of files of root:root.
 *
 * @param time seconds since 1970 that every file gets.
 */
export async function tarGz(
  files: readonly Packed[],
  time: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  for (const file of files.toSorted(order)) {
    const rest = (512 - file.bytes.length % 512) % 512;
    parts.push(tarHeader(file, time), file.bytes, new Uint8Array(rest));
  }
  parts.push(new Uint8Array(1024));
  return await squeezed(parts, "gzip");
}

function tarHeader({ path, bytes, executable }: Packed, time: number): Uint8Array<ArrayBuffer> {
  const block = new Uint8Array(512);
  const put = (at: number, length: number, text: string) => {
    const field = encoder.encode(text);
    if (field.length > length) throw new Error(`${path} does not fit a tar header`);
    block.set(field, at);
  };
  const octal = (at: number, length: number, value: number) =>
    put(at, length, value.toString(8).padStart(length - 1, "0"));
  put(0, 100, path);
  octal(100, 8, executable ? 0o755 : 0o644);
  octal(108, 8, 0);
  octal(116, 8, 0);
  octal(124, 12, bytes.length);
  octal(136, 12, time);
  put(148, 8, " ".repeat(8));
  put(156, 1, "0");
  put(257, 8, "ustar\x0000");
  put(265, 32, "root");
  put(297, 32, "root");
  const sum = block.reduce((total, byte) => total + byte, 0);
  put(148, 8, `${sum.toString(8).padStart(6, "0")}\0 `);
  return block;
}

/**
 * A zip archive (PKWARE's APPNOTE 6.3.10), deflated.
 *
 * @param time seconds since 1970 that every file gets, in even seconds of UTC.
 */
export async function zip(
  files: readonly Packed[],
  time: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  const directory: Uint8Array<ArrayBuffer>[] = [];
  let offset = 0;
  for (const { path, bytes, executable } of files.toSorted(order)) {
    const name = encoder.encode(path);
    const data = await squeezed([bytes], "deflate-raw");
    // Version 2.0, names in UTF-8, deflated.
    const common = [
      ...[...short(20), ...short(0x0800), ...short(8), ...dosTime(time)],
      ...[...long(crc32(bytes)), ...long(data.length), ...long(bytes.length)],
      ...[...short(name.length), ...short(0)],
    ];
    const local = Uint8Array.from([...long(0x04034b50), ...common]);
    // Made on Unix (3), with the mode in the upper half of the attributes.
    const mode = 0o100000 + (executable ? 0o755 : 0o644);
    directory.push(
      Uint8Array.from([
        ...[...long(0x02014b50), ...short(3 * 256 + 20), ...common, ...short(0), ...short(0)],
        ...[...short(0), ...long(mode * 65_536), ...long(offset)],
      ]),
      name,
    );
    parts.push(local, name, data);
    offset += local.length + name.length + data.length;
  }
  const size = directory.reduce((sum, part) => sum + part.length, 0);
  const end = [
    ...[...long(0x06054b50), ...long(0), ...short(files.length), ...short(files.length)],
    ...[...long(size), ...long(offset), ...short(0)],
  ];
  return new Uint8Array(
    await new Blob([...parts, ...directory, Uint8Array.from(end)]).arrayBuffer(),
  );
}

const short = (value: number) => [value % 256, Math.floor(value / 256) % 256];
const long = (value: number) => [...short(value % 65_536), ...short(Math.floor(value / 65_536))];

function dosTime(time: number): number[] {
  const at = new Date(time * 1000);
  const clock = at.getUTCHours() * 2048 + at.getUTCMinutes() * 32 +
    Math.floor(at.getUTCSeconds() / 2);
  const day = (at.getUTCFullYear() - 1980) * 512 + (at.getUTCMonth() + 1) * 32 + at.getUTCDate();
  return [...short(clock), ...short(day)];
}

const crcTable = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? 0xedb88320 ^ value >>> 1 : value >>> 1;
  return value;
});

/** The checksum of zip and gzip (RFC 1952 §8). */
export function crc32(bytes: Uint8Array): number {
  let sum = 0xffffffff;
  for (const byte of bytes) sum = (crcTable[(sum ^ byte) & 255] ?? 0) ^ sum >>> 8;
  return (sum ^ 0xffffffff) >>> 0;
}

/** The runtime's gzip writes neither name nor time into its header. */
async function squeezed(
  parts: readonly Uint8Array<ArrayBuffer>[],
  format: CompressionFormat,
): Promise<Uint8Array<ArrayBuffer>> {
  const stream = new Blob([...parts]).stream().pipeThrough(new CompressionStream(format));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
