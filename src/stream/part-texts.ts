/** A text that arrives in pieces of several parts, each with its place in the output. Pure. */

/** The item of the output, and the part of the item; both from 0. */
export type Place = readonly [number, number];

/** What a piece did to the whole text: it grew at its end, or is another now; null when nothing changed. */
export type Change = { grown: string } | 'rewritten' | null;

interface Part {
  place: Place;
  text: string;
}

const isAfter = ([item, part]: Place, [otherItem, otherPart]: Place): boolean =>
  item === otherItem ? part > otherPart : item > otherItem;

export class PartTexts {
  /** In the order of the output. */
  private readonly parts: Part[] = [];

  /** Everything so far, in the order of the output and not of arrival. */
  get whole(): string {
    return this.parts.map(({ text }) => text).join('');
  }

  get isEmpty(): boolean {
    return this.parts.every(({ text }) => text === '');
  }

  /** A piece that follows what is known of its part. */
  append(place: Place, piece: string): Change {
    if (piece === '') return null;
    const part = this.partAt(place);
    part.text += piece;
    return this.isLast(part) ? { grown: piece } : 'rewritten';
  }

  /** The whole text of a part, which mends what was lost on the way. */
  settle(place: Place, text: string): Change {
    const part = this.partAt(place);
    const before = part.text;
    if (before === text) return null;
    part.text = text;
    return this.isLast(part) && text.startsWith(before) ? { grown: text.slice(before.length) } : 'rewritten';
  }

  /** Whether nothing comes after it yet. */
  private isLast(part: Part): boolean {
    const following = this.parts.slice(this.parts.lastIndexOf(part) + 1);
    return following.every(({ text }) => text === '');
  }

  private partAt(place: Place): Part {
    // Nearly always the last one: parts come one after the other.
    for (let i = this.parts.length - 1; i >= 0; i--) {
      const part = this.parts[i];
      if (!part || isAfter(place, part.place)) return this.insert(i + 1, place);
      if (!isAfter(part.place, place)) return part;
    }
    return this.insert(0, place);
  }

  private insert(at: number, place: Place): Part {
    const part = { place, text: '' };
    this.parts.splice(at, 0, part);
    return part;
  }
}
