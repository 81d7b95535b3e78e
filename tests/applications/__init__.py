"""keras.applications: each of its 40 models is built by Keras, saved by Keras, and computed here."""
