/** How a message of ours is told apart from the app's own on the same channel, and how it is read. */
import { type Fields, Misfit, oneLine, type Row, row } from './fields.ts';

/** The number stands in every message: a worker of another tshorn version is told apart from a malformed message. */
export const PROTOCOL = 1;

/** Rows of fields by the message's type. */
export type Table = Readonly<Record<string, Fields>>;

/** Every message of a table. */
export type MessageOf<T extends Table> = {
  [Type in keyof T]: { readonly type: Type } & Row<T[Type]>;
}[keyof T];

export type Envelope<Message> = Message & { readonly tshorn: typeof PROTOCOL };

export const envelope = <Message extends object>(message: Message): Envelope<Message> => ({
  tshorn: PROTOCOL,
  ...message,
});

/** True for a message to tshorn; an app may send its own messages over the same channel. */
export const isEnvelope = (value: unknown): value is { tshorn: unknown; type?: unknown } =>
  typeof value === 'object' && value !== null && 'tshorn' in value;

/** A message, or in words what is wrong with it. */
export type Reading<Message> =
  | { readonly message: Message; readonly problem?: undefined }
  | { readonly message?: undefined; readonly problem: string };

/** Returns a reader for the messages of a table. */
export function readerOf<T extends Table>(table: T): (value: unknown) => Reading<MessageOf<T>> {
  const rows = new Map(Object.entries(table).map(([type, fields]) => [type, row(fields)]));
  return (value) => {
    if (!isEnvelope(value)) return { problem: 'a message that is none of tshorn' };
    const { tshorn, type } = value;
    if (tshorn !== PROTOCOL) return { problem: 'a message of another version of tshorn' };
    const read = typeof type === 'string' ? rows.get(type) : undefined;
    if (!read) {
      const called = typeof type === 'string' ? `"${oneLine(type, 40)}"` : 'without a type';
      return { problem: `an unknown message ${called}` };
    }
    try {
      return { message: { type, ...read(value) } as MessageOf<T> };
    } catch (error) {
      if (!(error instanceof Misfit)) throw error;
      return {
        problem: `a malformed "${type}" message (${error.path.join('.')}: expected ${error.expected})`,
      };
    }
  };
}
