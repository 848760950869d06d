"""Using a trained detector: `Detector.load(run).predict(images)`."""


def __getattr__(name):
    # Late, so that importing the package stays free of TensorFlow.
    if name == "Detector":
        from rtl_tf.inference.detector import Detector

        return Detector
    raise AttributeError(name)
