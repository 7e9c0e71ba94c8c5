import { goodLife } from "../model/credentials.ts";

/** SGR codes (ECMA-48, 8.3.117): red when it is over, yellow when SDKs begin to ask for another. */
export function colourOf(left: number): number {
  return left <= 0 ? 31 : left < goodLife ? 33 : 32;
}
