/**
 * A value that must not reach a message, a log or a file by accident: printed, joined, inspected or
 * turned into JSON it says `[secret]`. The few places that hand it on call `reveal`, and a search
 * for that word finds them all.
 */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return "[secret]";
  }

  toJSON(): string {
    return "[secret]";
  }

  [Symbol.for("Deno.customInspect")](): string {
    return "[secret]";
  }

  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return "[secret]";
  }
}
