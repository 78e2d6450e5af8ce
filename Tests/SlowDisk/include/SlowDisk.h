// Nothing: the library is only preloaded.
