// The part of @xmldom/xmldom that the tests use. Its own types include those of a browser page,
// which conflict with Deno's in every other test.

export interface XmlElement {
  readonly namespaceURI: string | null;
  readonly localName: string;
  readonly textContent: string | null;
  readonly childNodes: ArrayLike<XmlElement>;
  getAttribute(name: string): string | null;
  getElementsByTagNameNS(space: string, name: string): ArrayLike<XmlElement>;
}

export class DOMParser {
  constructor(options: {
    readonly errorHandler: Readonly<Record<"warning" | "error" | "fatalError", () => void>>;
  });
  parseFromString(
    text: string,
    type: string,
  ): { readonly doctype: unknown; readonly documentElement: XmlElement | null } | undefined;
}
