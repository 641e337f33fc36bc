@unmanaged
export class Text {}
export declare function utf8(literal: string): Text;
