/** Reads just enough of HTTP/1.1 (RFC 9112) to find the end of a response. */
export class ResponseReader {
  #text = '';
  #bodyAt = -1;
  /** Bytes of body; -1: chunked. */
  #length = 0;
  status = 0;
  /** The response said `Connection: close`. */
  close = false;

  reset() {
    this.#text = '';
    this.#bodyAt = -1;
    this.status = 0;
    this.close = false;
  }

  /** True when the response is complete. @param {Buffer} data */
  push(data) {
    this.#text += data.toString('latin1');
    if (this.#bodyAt < 0 && !this.#readHead()) return false;
    return this.#length < 0
      ? this.#text.endsWith('0\r\n\r\n', this.#text.length)
      : this.#text.length >= this.#bodyAt + this.#length;
  }

  #readHead() {
    const end = this.#text.indexOf('\r\n\r\n');
    if (end < 0) return false;
    const head = this.#text.slice(0, end);
    this.#bodyAt = end + 4;
    this.status = Number(head.slice(9, 12));
    this.close = /^connection: *close/im.test(head);
    this.#length = /^transfer-encoding: *chunked/im.test(head)
      ? -1
      : Number(head.match(/^content-length: *(\d+)/im)?.[1] ?? 0);
    return true;
  }
}
