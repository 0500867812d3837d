declare module 'switchboard:host/kv@0.1.0';
declare module 'switchboard:host/blob@0.1.0';
