export function render() {
  return null;
}
