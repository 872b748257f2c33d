export function render({ model, el }) { return () => {}; }
