/** What a helper opens is closed after the test, or after the file, however it ended: `test/setup.ts` sees to it. */
type Close = () => Promise<unknown>;

const ofTest: Close[] = [];
const ofFile: Close[] = [];

export const closeAfterTest = (close: Close): void => void ofTest.push(close);
export const closeAfterFile = (close: Close): void => void ofFile.push(close);

export const closeOfTest = (): Promise<unknown> => Promise.all(ofTest.splice(0).map((close) => close()));
export const closeOfFile = (): Promise<unknown> => Promise.all(ofFile.splice(0).map((close) => close()));
