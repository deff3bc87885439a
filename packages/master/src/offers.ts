/**
 * The side of the relay (relay.ts) that faces the senders: makes transfers of their offers, and tells them who keeps a
 * connection. A sender numbers its offers. One that is stuck or about to end reads no answer any more, so it offers again,
 * under another number, what it had offered before.
 */
import type { Ledgers } from './ledgers.ts';
import type { Connection, Knowledge, Offer, RelayOrders, Transfer } from './transfer.ts';

const WITH_SENDER: Knowledge = { is: 'with-sender' };
const ASKED: Knowledge = { is: 'asked' };
const FOLLOWS: Knowledge = { is: 'follows' };

export class Offers {
  readonly #orders: Pick<RelayOrders, 'peer' | 'rescuedMayWait'>;
  readonly #ledgers: Ledgers;

  constructor(orders: Pick<RelayOrders, 'peer' | 'rescuedMayWait'>, ledgers: Ledgers) {
    this.#orders = orders;
    this.#ledgers = ledgers;
  }

  /** A sender gives a connection away. @returns the transfer to begin; undefined for a connection that needs none */
  came(
    sender: number,
    offer: number,
    connection: Connection,
    { resumer, carry, rescued: isRescued = false, failing = false, instead }: Offer,
  ): Transfer | undefined {
    const ledger = this.#ledgers.of(sender);
    this.#keepLost(sender, ledger.offers.came(offer));
    // A number that is in use is forged.
    if (ledger.sending.has(offer)) return void connection.close();
    if (instead !== undefined && !ledger.forgetKept(instead)) {
      // The copy that came first is here, or another worker has it.
      connection.close();
      return void this.#renumber(sender, instead, offer);
    }
    // In a stop nobody will come, and it closes what it has in order.
    const rescued = isRescued || (failing && this.#orders.rescuedMayWait());
    const state = isRescued ? FOLLOWS : rescued ? ASKED : WITH_SENDER;
    // A state that follows may be read after the end of its sender.
    if (isRescued) this.#ledgers.remember(sender, ledger);
    if (rescued && !ledger.isRescued) this.failed(sender);
    ledger.isRescued = rescued;
    const given = { connection, sender, offer, resumer, carry, rescued };
    const transfer: Transfer = { ...given, refusedBy: new Set(), phase: { is: 'over' }, state };
    ledger.sending.set(offer, transfer);
    if (rescued && (failing || resumer === undefined)) this.#orders.peer(sender)?.handedOver(offer);
    return transfer;
  }

  /** The sender is stuck or about to end, and has read no answer: it gives the connection away for good. */
  #renumber(sender: number, instead: number, offer: number): void {
    const { sending } = this.#ledgers.of(sender);
    const transfer = sending.get(instead);
    if (!transfer) return this.#orders.peer(sender)?.handedOver(offer);
    sending.delete(instead);
    sending.set(offer, transfer);
    transfer.offer = offer;
    transfer.rescued = true;
    if (transfer.resumer === undefined) this.#orders.peer(sender)?.handedOver(offer);
    else if (transfer.state.is !== 'known') transfer.state = FOLLOWS;
  }

  /** All that the sender has on its way is as good as rescued: who was to receive it may hang. */
  failed(sender: number): void {
    for (const transfer of this.#ledgers.of(sender).sending.values()) this.leaveToUs(transfer);
  }

  /** Its sender need not wait for a receiver, and gets nothing back. One with a resumer has its state to tell first. */
  leaveToUs(transfer: Transfer): void {
    if (transfer.rescued || transfer.resumer !== undefined) return;
    transfer.rescued = true;
    this.#orders.peer(transfer.sender)?.handedOver(transfer.offer);
  }

  /** Offers whose descriptor could not be received here stay with their sender. */
  sent(sender: number, upTo: number): void {
    this.#keepLost(sender, this.#ledgers.of(sender).offers.sentUpTo(upTo));
  }

  #keepLost(sender: number, offers: readonly number[]): void {
    for (const offer of offers) this.keep(sender, offer, 'no-descriptor');
  }

  /** The connection stays with its sender. */
  keep(sender: number, offer: number, reason: string): void {
    this.#ledgers.of(sender).keeps(offer);
    this.#orders.peer(sender)?.keep(offer, reason);
  }
}
