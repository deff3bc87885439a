/**
 * The numbers of the next records of a TLS 1.3 connection that OpenSSL serves, which tells them to nobody. Each number comes
 * from two sources: bytes, since a record adds exactly 22 to its content, and events, which the server sees anyway (a read
 * for each record, and a write whose bytes OpenSSL cuts at 16,384). Where they do not agree the connection does not move:
 * something has happened that is not known here (padding, a KeyUpdate, an alert, smaller fragments).
 *
 * Pure arithmetic; leaving-tls.ts feeds it.
 */
import { HEADER, MOST_CONTENT, OVERHEAD } from './records.ts';

/** Bytes of a connection, on both sides of OpenSSL, since its begin. */
export interface Bytes {
  /** Of the kernel's connection. */
  readonly sealedIn: number;
  readonly sealedOut: number;
  /** Of the app's. */
  readonly plainIn: number;
  readonly plainOut: number;
}

/** The least bytes of a ticket: NewSessionTicket with the id of a session in the place of an encrypted one (RFC 8446, 4.6.1). */
const LEAST_TICKET = OVERHEAD + 57;
/** The client's ChangeCipherSpec, for middleboxes (appendix D.4); most clients send one. */
const CHANGE_CIPHER_SPEC = HEADER + 1;
/** A record with a Certificate of no certificates (section 4.4.2). */
const EMPTY_CERTIFICATE = OVERHEAD + 8;
/** A record with a KeyUpdate. */
const KEY_UPDATE = OVERHEAD + 5;
/** A client may ask for fragments of 512 bytes, and for no smaller ones (RFC 6066, section 4); nor can an app. */
const LEAST_FRAGMENT = 512;
/** So many looks in a row, with requests between them, have to find the same bytes: then they are no part of a record. */
const LASTING = 2;
/** Sizes of ticket flights; they differ by a few bytes, by names and by client certificates. */
const MOST_FLIGHTS = 256;

/** Ticket flights that were seen alone. The same for most connections of a server. */
const flights = new Set<number>();
const remember = (flight: number): void => {
  if (flights.size < MOST_FLIGHTS) flights.add(flight);
};

/** `not-yet`: a part of a record has come, or something is not known here; the next look may find it gone. */
type Problem = 'tls-count' | 'tls-key-update' | 'tls-fragment' | 'not-yet';

/** The numbers of the next records, or the reason why they are not known now. */
export type Sequences =
  | { readonly read: number; readonly write: number; readonly problem?: undefined }
  | { readonly problem: Problem };

export class Counts {
  /** Bytes of the ClientHello, or of both. */
  #hello = 0;
  /** Bytes from the client when its Finished had been read; some of its first request may be among them. */
  #finished = 0;
  /** Bytes of the server's flight, without tickets. */
  #flight = 0;
  #reads = 0;
  #writes = 0;
  /** Records that the writes had made when their tickets were measured; -1 until then. */
  #measuredAt = -1;
  #tickets = 0;
  /** Records that the writes so far have made at the most besides those that are counted, if fragments are small. */
  #mostCut = 0;
  /** What was left over of the client's bytes at its first record; only where the server asks for certificates. */
  #restAtFirst = -1;
  /** The same when they were last looked at, after how many reads, and in how many looks with other reads they have been the same. */
  #rest = -1;
  #restAt = 0;
  #sameRests = 0;

  /** The server's flight has been made: nothing but the ClientHello has been read. */
  helloRead(sealedIn: number): void {
    this.#hello = sealedIn;
  }

  /** The client's Finished has been read: the server's flight has left, and no ticket yet. */
  finishedRead(sealedIn: number, sealedOut: number): void {
    this.#finished = sealedIn;
    this.#flight = sealedOut;
  }

  /** A record of the client has been read; called before anything is answered to it. */
  read(): void {
    this.#reads++;
  }

  get hasReadMore(): boolean {
    return this.#reads > 1;
  }

  /** Called while the first record is read. */
  firstRead({ sealedIn, plainIn }: Pick<Bytes, 'sealedIn' | 'plainIn'>): void {
    this.#restAtFirst = restOf(sealedIn, plainIn, 1);
    this.#rest = this.#restAtFirst;
    this.#restAt = 1;
  }

  get hasWritten(): boolean {
    return this.#writes > 0;
  }

  /** Nothing has been written yet: what has left beside the flight is tickets. None, if they wait behind the read that runs. */
  beforeFirstWrite(sealedOut: number): void {
    const tickets = sealedOut - this.#flight;
    if (tickets <= 0) return;
    this.#tickets = tickets;
    this.#measuredAt = 0;
    remember(tickets);
  }

  /** The first writes have left. */
  get isMeasured(): boolean {
    return this.#measuredAt >= 0;
  }

  /** The writes so far have left, and another one follows. */
  beforeWrite({ sealedOut, plainOut }: Pick<Bytes, 'sealedOut' | 'plainOut'>): void {
    this.#tickets = this.#ticketsOf(sealedOut, plainOut);
    this.#measuredAt = this.#writes;
    if (this.#mostCut === 0) remember(this.#tickets);
  }

  /** A write of so many bytes. */
  wrote(bytes: number): void {
    if (bytes <= MOST_CONTENT) {
      if (bytes > 0) this.#writes++;
    } else this.#writes += Math.ceil(bytes / MOST_CONTENT);
    if (bytes > LEAST_FRAGMENT) {
      this.#mostCut += Math.ceil(bytes / LEAST_FRAGMENT) - Math.ceil(bytes / MOST_CONTENT);
    }
  }

  #ticketsOf(sealedOut: number, plainOut: number): number {
    return sealedOut - this.#flight - plainOut - OVERHEAD * this.#writes;
  }

  /**
   * Called for a connection at rest whose written bytes have all left.
   * @param isResumed the session was resumed @param hashLength that of the suite's hash
   */
  sequences(bytes: Bytes, isResumed: boolean, hashLength: number): Sequences {
    const problem = this.#problemOfReads(bytes, isResumed, hashLength);
    if (problem) return { problem };
    const tickets = this.#ticketsOf(bytes.sealedOut, bytes.plainOut);
    const count = ticketCount(tickets, isResumed);
    if (count === undefined) return { problem: 'tls-count' };
    if (!this.#isSure(tickets, isResumed)) {
      const more = tickets - this.#tickets;
      // One more answer will show it.
      if (!this.isMeasured) return { problem: 'not-yet' };
      return { problem: more > 0 && more % OVERHEAD === 0 ? 'tls-fragment' : 'tls-count' };
    }
    return { read: this.#reads, write: count + this.#writes };
  }

  /** The tickets are known from something besides the count of writes that they are calculated with. */
  #isSure(tickets: number, isResumed: boolean): boolean {
    if (this.isMeasured) {
      return tickets === this.#tickets && (this.#measuredAt < this.#writes || this.#mostCut === 0);
    }
    const isProven = this.#mostCut === 0 || (this.#mostCut < INDISTINCT && isFlight(tickets, isResumed));
    if (isProven) remember(tickets);
    return isProven || flights.has(tickets);
  }

  /** What is left over of the client's bytes is its handshake; anything more is a part of a record, or not known here. */
  #problemOfReads({ sealedIn, plainIn }: Bytes, isResumed: boolean, hashLength: number): Problem | undefined {
    const rest = restOf(sealedIn, plainIn, this.#reads);
    const least = this.#hello + OVERHEAD + 4 + hashLength;
    // Who is asked for a certificate and has none sends an empty one.
    const empty = this.#restAtFirst < 0 || isResumed ? 0 : EMPTY_CERTIFICATE;
    const isPlain = (over: number) => over === empty || over === empty + CHANGE_CIPHER_SPEC;
    const isKnown = isPlain(this.#finished - least);
    // Where its first request came with the Finished, the bytes at the Finished say nothing.
    if (isKnown ? rest === this.#finished : isPlain(rest - least)) return undefined;
    this.#lookAt(rest);
    if (!isKnown && this.#restAtFirst >= 0 && this.#isCertificate(rest)) return undefined;
    // A part of a record goes on, or another one has another length.
    if (this.#sameRests < LASTING) return 'not-yet';
    const beyond = rest - (isKnown ? this.#finished : least);
    const isUpdate =
      beyond > 0 && (beyond % KEY_UPDATE === 0 || (beyond - CHANGE_CIPHER_SPEC) % KEY_UPDATE === 0);
    return isUpdate ? 'tls-key-update' : 'tls-count';
  }

  #lookAt(rest: number): void {
    if (rest !== this.#rest) this.#sameRests = 0;
    else if (this.#reads > this.#restAt) this.#sameRests++;
    this.#rest = rest;
    this.#restAt = this.#reads;
  }

  /** A handshake with a client certificate has any length: two looks, between which more was read, have to agree on it. */
  #isCertificate(rest: number): boolean {
    if (this.#restAtFirst === this.#finished && rest === this.#finished) return true;
    return this.#sameRests > 0 && rest <= this.#finished;
  }
}

const restOf = (sealedIn: number, plainIn: number, reads: number): number =>
  sealedIn - plainIn - OVERHEAD * reads;

/**
 * True when a flight is as long as tickets are: 47 bytes and blocks of 16 for each, since what is encrypted in it is padded
 * (construct_stateless_ticket in the file below). Records more or less would show, unless they are eight.
 */
const isFlight = (bytes: number, isResumed: boolean): boolean => (bytes - (isResumed ? 47 : 94)) % 16 === 0;
const INDISTINCT = 8;

/**
 * How many tickets a flight of so many bytes is: OpenSSL sends two after a full handshake, one after a resumed one, and none
 * to a client that cannot use them (ossl_statem_server13_write_transition, ssl/statem/statem_srvr.c).
 */
function ticketCount(bytes: number, isResumed: boolean): number | undefined {
  if (bytes === 0) return 0;
  const count = isResumed ? 1 : 2;
  return bytes >= count * LEAST_TICKET ? count : undefined;
}
