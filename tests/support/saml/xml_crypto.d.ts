// The part of xml-crypto that the tests use, for the same reason as xmldom.d.ts.

import type { XmlElement } from "./xmldom.d.ts";

export interface SignatureOptions {
  readonly privateKey?: string;
  readonly publicCert?: string;
  readonly signatureAlgorithm?: string;
  readonly canonicalizationAlgorithm?: string;
}

export class SignedXml {
  constructor(options: SignatureOptions);
  addReference(reference: {
    readonly xpath: string;
    readonly transforms: readonly string[];
    readonly digestAlgorithm: string;
  }): void;
  computeSignature(
    xml: string,
    options: { readonly location: { readonly reference: string; readonly action: string } },
  ): void;
  getSignedXml(): string;
  loadSignature(signature: XmlElement): void;
  checkSignature(xml: string): boolean;
  /** The canonical texts that a valid signature covers. */
  getSignedReferences(): string[];
}
