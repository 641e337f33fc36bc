/** The end of the static data, from which the build takes the image's size; the build removes this export again. */
export const imageEnd: usize = __heap_base;
