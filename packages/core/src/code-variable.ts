/** Tells a worker process where the compiled code of its program is; it removes the variable before anything else. */
export const CODE_VARIABLE = 'TSHORN_INTERNAL_CODE';
