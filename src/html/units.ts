/** Numbers with their units, as people say them. Pure. */

/** `42 s`, `12 min 5 s`, `3 h 20 min`. */
export function duration(seconds: number): string {
  if (seconds < 60) return `${Number(seconds.toFixed(1))} s`;
  const whole = Math.round(seconds);
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

/** `1 byte`, `812 bytes`, `12.3 KB`, `4 MB`: in thousands, as file managers say it. */
export function fileSize(bytes: number): string {
  if (bytes < 1000) return `${bytes} ${bytes === 1 ? 'byte' : 'bytes'}`;
  return bytes < 999_500 ? `${Number((bytes / 1e3).toPrecision(3))} KB` : `${Number((bytes / 1e6).toPrecision(3))} MB`;
}
