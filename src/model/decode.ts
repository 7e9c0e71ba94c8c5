import { isJsonObject } from "./fields.ts";
import { parseName } from "./names.ts";
import { Secret } from "./secret.ts";

/** Converts JSON to a value of the model, or throws `Misfit`. */
export type Decoder<T> = (value: unknown) => T;

/** Never contains the value, which may be a secret. */
export class Misfit extends Error {
  readonly kind: "damaged" | "newer";
  constructor(kind: "damaged" | "newer") {
    super(`a record is ${kind}`);
    this.kind = kind;
  }
}

export const text: Decoder<string> = (value) => {
  if (typeof value !== "string") throw new Misfit("damaged");
  return value;
};

export const number: Decoder<number> = (value) => {
  if (typeof value !== "number" || !Number.isFinite(value)) throw new Misfit("damaged");
  return value;
};

export const flag: Decoder<boolean> = (value) => {
  if (typeof value !== "boolean") throw new Misfit("damaged");
  return value;
};

export const secret: Decoder<Secret> = (value) => new Secret(text(value));

export const name: Decoder<string> = (value) => parseName(text(value));

export function exactly<T extends string>(word: T): Decoder<T> {
  return (value) => {
    if (value !== word) throw new Misfit("damaged");
    return word;
  };
}

/** An unknown word was written by a newer athm. */
export function oneOf<T extends string>(words: readonly T[]): Decoder<T> {
  return (value) => {
    const found = words.find((word) => word === text(value));
    if (found === undefined) throw new Misfit("newer");
    return found;
  };
}

export function list<T>(item: Decoder<T>): Decoder<T[]> {
  return (value) => {
    if (!Array.isArray(value)) throw new Misfit("damaged");
    return value.map(item);
  };
}

type OptionalKeys<T> = { [K in keyof T]-?: undefined extends T[K] ? K : never }[keyof T];
type Optional<T> = Pick<T, OptionalKeys<T>>;
type Demanded<T> = Omit<T, OptionalKeys<T>>;
type Fields<T> = { readonly [K in keyof T]-?: Decoder<Exclude<T[K], undefined>> };

/** Every field of `T` needs a decoder, or the code does not compile. */
export function object<T extends object>(
  required: Fields<Demanded<T>>,
  optional: Fields<Optional<T>>,
): Decoder<T> {
  return (value) => {
    const fields: Record<string, unknown> = {};
    if (!isJsonObject(value)) throw new Misfit("damaged");
    for (const [key, field] of Object.entries(value)) {
      const decoder = own(required, key) ?? own(optional, key);
      if (!decoder) throw new Misfit("newer");
      fields[key] = decoder(field);
    }
    for (const key of Object.keys(required)) {
      if (!Object.hasOwn(fields, key)) throw new Misfit("damaged");
    }
    return fields as T;
  };
}

function own(fields: object, key: string): Decoder<unknown> | undefined {
  return Object.hasOwn(fields, key) ? (fields as Record<string, Decoder<unknown>>)[key] : undefined;
}

/** Decodes by the field `kind`; an unknown kind was written by a newer athm. */
export function ofKind<T>(decoderOf: (kind: string) => Decoder<T> | undefined): Decoder<T> {
  return (value) => {
    if (!isJsonObject(value)) throw new Misfit("damaged");
    const decoder = decoderOf(text(value.kind));
    if (!decoder) throw new Misfit("newer");
    return decoder(value);
  };
}
