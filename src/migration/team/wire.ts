/** Reads the data types of SSH (RFC 4251, section 5). Each method throws what `malformed` returns. */
export interface WireReader {
  number(): number;
  bytes(): Uint8Array<ArrayBuffer>;
  text(): string;
  /** A positive integer, big-endian, without leading zeros. */
  integer(): Uint8Array<ArrayBuffer>;
  /** Nothing may follow. */
  end(): void;
}

export function wireReader(
  whole: Uint8Array<ArrayBuffer>,
  malformed: () => Error,
): WireReader {
  const view = new DataView(whole.buffer, whole.byteOffset, whole.byteLength);
  let at = 0;
  const reader: WireReader = {
    number() {
      if (at + 4 > whole.length) throw malformed();
      at += 4;
      return view.getUint32(at - 4);
    },
    bytes() {
      const length = reader.number();
      if (length > whole.length - at) throw malformed();
      at += length;
      return whole.slice(at - length, at);
    },
    text: () => new TextDecoder("latin1").decode(reader.bytes()),
    integer() {
      const bytes = reader.bytes();
      const [first = 0, second = 0] = bytes;
      // The sign bit means a negative number, and a needless zero is a second form of the same one.
      if (bytes.length === 0 || first > 0x7f || (first === 0 && second < 0x80)) throw malformed();
      return first === 0 ? bytes.slice(1) : bytes;
    },
    end() {
      if (at !== whole.length) throw malformed();
    },
  };
  return reader;
}

/** The reverse of `WireReader.bytes`. */
export function wireString(content: Uint8Array | string): Uint8Array<ArrayBuffer> {
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
  const whole = new Uint8Array(4 + bytes.length);
  new DataView(whole.buffer).setUint32(0, bytes.length);
  whole.set(bytes, 4);
  return whole;
}

export function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** The same number with exactly `length` bytes, if it fits. */
export function leftPadded(
  bytes: Uint8Array,
  length: number,
): Uint8Array<ArrayBuffer> | undefined {
  if (bytes.length > length) return undefined;
  return joined([new Uint8Array(length - bytes.length), bytes]);
}
