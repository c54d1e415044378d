// The paths of tails, of today and of before 1.0.
export const tailPaths = ['/loki/api/v1/tail', '/api/prom/tail'] as const;
