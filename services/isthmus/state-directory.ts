/** Where the embedded log is by default: in the working directory. */
export const STATE_DIRECTORY = '.isthmus';
