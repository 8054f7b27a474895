/** What a report is made of. */

/** A file that the model's code left. */
export interface DocumentFile {
  /** As the model's container named it: untrusted. */
  name: string;
  /** A relative link to it, `files/chart.png`: made by this package, so safe in an attribute and in a path. */
  path: string;
  sizeBytes: number;
  /** Null: too large to be put into a page. */
  content: Uint8Array | null;
}

/** A report as a whole. Texts are untrusted, unless said otherwise. */
export interface ReportDocument {
  title: string;
  /** The model's text. */
  markdown: string;
  artifacts: DocumentFile[];
  /** What the answer cites from the web. */
  citations: { title: string; url: string }[];
  /** The files that the model was given. */
  sources: { name: string; sizeBytes: number }[];
  facts: {
    reportId: string;
    status: string;
    model: string | null;
    responseId: string | null;
    finishedAt: string | null;
    seconds: number | null;
    totalTokens: number | null;
  };
  /** What could not be done, in words. */
  notes: string[];
}
