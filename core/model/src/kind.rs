//! What a file is that is no model of ours, by its first bytes.
//!
//! People choose what they have: another program's model, an archive, the page on which a model is
//! offered. A refusal that names it says what to do.

/// What a file is, as the end of a sentence that begins with "This is".
///
/// It is a guess that only decides on words.
pub(crate) fn of(file: &[u8]) -> Option<&'static str> {
    MAGIC
        .iter()
        .find(|(at, magic, _)| file.get(*at..).is_some_and(|rest| rest.starts_with(magic)))
        .map(|(_, _, name)| *name)
        .or_else(|| archive(file))
        .or_else(|| picture(file))
        .or_else(|| protobuf(file))
        .or_else(|| safetensors(file))
        .or_else(|| text(file))
}

const PYTORCH: &str = "a PyTorch model";
const PICKLE: &str = "a Python pickle";
const HDF5: &str = "an HDF5 file, as Keras writes";
const PICTURE: &str = "a picture";
const COMPRESSED: &str = "a compressed file: if there is a .tacit file in it, unpack it first";

/// Where the bytes are by which a file is known, the bytes, and what it is. The first that fits
/// counts.
const MAGIC: &[(usize, &[u8], &str)] = &[
    (0, b"tacit plan", "a plan of Tacit, which has no weights"),
    (0, b"\x89HDF\r\n\x1a\n", HDF5),
    (4, b"TFL3", "a TensorFlow Lite model"),
    (4, b"ORTM", "an ONNX Runtime model"),
    (0, b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19", PYTORCH),
    (0, b"\x80\x02", PICKLE),
    (0, b"\x80\x03", PICKLE),
    (0, b"\x80\x04", PICKLE),
    (0, b"\x80\x05", PICKLE),
    (0, b"\x93NUMPY", "a NumPy array"),
    (0, b"GGUF", "a GGUF model"),
    (0, b"lmgg", "a GGML model"),
    (0, b"tjgg", "a GGML model"),
    (0, b"MATLAB 5.0", "a MATLAB file"),
    (0, b"\x89PNG", PICTURE),
    (0, b"\xff\xd8\xff", PICTURE),
    (0, b"GIF8", PICTURE),
    (0, b"II*\0", PICTURE),
    (0, b"MM\0*", PICTURE),
    (4, b"ftypavif", PICTURE),
    (4, b"ftyphe", PICTURE),
    (4, b"ftypmif1", PICTURE),
    (4, b"ftyp", "a video"),
    (0, b"%PDF", "a PDF document"),
    (0, b"\x1f\x8b", COMPRESSED),
    (0, b"BZh", COMPRESSED),
    (0, b"\xfd7zXZ\0", COMPRESSED),
    (0, b"\x28\xb5\x2f\xfd", COMPRESSED),
    (0, b"7z\xbc\xaf\x27\x1c", COMPRESSED),
    (0, b"Rar!", COMPRESSED),
    (257, b"ustar", COMPRESSED),
    (0, b"version https://git-lfs", "a Git LFS pointer: the file that it stands for was not downloaded"),
];

/// By the names of the files in a ZIP archive, which are at both of its ends.
fn archive(file: &[u8]) -> Option<&'static str> {
    const END: usize = 1 << 16;
    if !file.starts_with(b"PK\x03\x04") && !file.starts_with(b"PK\x05\x06") {
        return None;
    }
    let ends = [&file[..file.len().min(END)], &file[file.len().saturating_sub(END)..]];
    let has = |name: &str| ends.iter().any(|end| end.windows(name.len()).any(|part| part == name.as_bytes()));
    let known = [
        (".tacit", COMPRESSED),
        ("data.pkl", PYTORCH),
        ("model.weights.h5", "a Keras model"),
        (".npy", "a NumPy archive"),
        (".mlmodel", "a Core ML model"),
        ("saved_model.pb", "a TensorFlow model"),
        (".onnx", "an archive with an ONNX model"),
        ("[Content_Types].xml", "an Office document"),
    ];
    known.into_iter().find(|(name, _)| has(name)).map(|(_, kind)| kind).or(Some("a ZIP archive"))
}

/// Pictures that are not known by their first bytes alone.
fn picture(file: &[u8]) -> Option<&'static str> {
    let is_webp = file.starts_with(b"RIFF") && file.get(8..12) == Some(b"WEBP");
    let is_bmp = file.starts_with(b"BM") && file.get(6..10) == Some(&[0; 4]);
    (is_webp || is_bmp).then_some(PICTURE)
}

/// Protocol buffers have no magic number. ONNX begins with its version and a producer's name or
/// another field of its `ModelProto`; Core ML and a saved TensorFlow model with a version and a
/// message, and a TensorFlow graph with a node, which has a name and an operation.
fn protobuf(file: &[u8]) -> Option<&'static str> {
    match file {
        [0x08, 1..=20, 0x12, rest @ ..] if behind_number(rest)?.starts_with(&[0x0a]) => {
            Some("a Core ML or TensorFlow model")
        }
        [0x08, 1..=20, 0x12 | 0x1a | 0x22 | 0x28 | 0x32 | 0x3a | 0x42, ..] => Some("an ONNX model"),
        [0x0a, rest @ ..] => {
            let [0x0a, size @ 1..=0x7f, rest @ ..] = behind_number(rest)? else { return None };
            (rest.get(usize::from(*size)) == Some(&0x12)).then_some("a TensorFlow graph")
        }
        _ => None,
    }
}

/// What follows a number in as many bytes as it takes.
fn behind_number(bytes: &[u8]) -> Option<&[u8]> {
    let last = bytes.iter().take(10).position(|byte| *byte < 0x80)?;
    bytes.get(last + 1..)
}

/// The length of a header of JSON, and that header.
fn safetensors(file: &[u8]) -> Option<&'static str> {
    let (length, rest) = file.split_first_chunk::<8>()?;
    let fits = u64::from_le_bytes(*length) <= 100 << 20;
    (fits && rest.starts_with(b"{")).then_some("a safetensors file")
}

fn text(file: &[u8]) -> Option<&'static str> {
    let start = &file[..file.len().min(1 << 10)];
    let text = match std::str::from_utf8(start) {
        Ok(text) => text,
        // The last character may be cut.
        Err(error) if error.error_len().is_none() => std::str::from_utf8(&start[..error.valid_up_to()]).ok()?,
        Err(_) => return None,
    };
    if text.is_empty() || text.chars().any(|c| c.is_control() && !c.is_whitespace()) {
        return None;
    }
    let text = text.trim_start_matches('\u{feff}').trim_start().to_ascii_lowercase();
    Some(match text.as_str() {
        text if text.starts_with("<!doctype html") || text.starts_with("<html") => {
            "a web page: download the model itself"
        }
        text if text.starts_with('<') => "an XML file",
        text if text.starts_with(['{', '[']) => "a JSON file",
        _ => "a text file",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_choose_is_named() {
        let long = |start: &[u8]| [start, &[0; 64]].concat();
        let zip = |name: &str| [&b"PK\x03\x04\x14\0\0\0\0\0"[..], name.as_bytes(), b"\x80\x02}q\0."].concat();
        let tar = [&[0; 257][..], b"ustar\0"].concat();
        let header = br#"{"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#;
        let tensors = [&(header.len() as u64).to_le_bytes()[..], header, &[0; 4]].concat();
        let cases: &[(&[u8], &str)] = &[
            (b"\x08\x08\x12\x07pytorch\x1a\x052.1.0:\x10\n\x0e\n\x01x\x12\x01y\"\x04Relu", "an ONNX model"),
            (b"\x08\x0a\x3a\x10\n\x0e\n\x01x\x12\x01y\"\x04Relu", "an ONNX model"),
            (b"\x08\x04\x42\x02\x10\x0b", "an ONNX model"),
            (&long(b"\x1c\0\0\0TFL3"), "a TensorFlow Lite model"),
            (&long(b"\x89HDF\r\n\x1a\n"), HDF5),
            (&zip("archive/data.pkl"), PYTORCH),
            (&long(b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19."), PYTORCH),
            (b"\x80\x04\x95\x10\0\0\0\0\0\0\0}", PICKLE),
            (&zip("model.weights.h5"), "a Keras model"),
            (&zip("weight.npy"), "a NumPy archive"),
            (&zip("Data/com.apple.CoreML/model.mlmodel"), "a Core ML model"),
            (&zip("digits.tacit"), COMPRESSED),
            (&zip("readme.md"), "a ZIP archive"),
            (b"PK\x05\x06", "a ZIP archive"),
            (&long(b"\x93NUMPY\x01\0"), "a NumPy array"),
            (&tensors, "a safetensors file"),
            (&long(b"GGUF\x03"), "a GGUF model"),
            (&long(b"\x08\x04\x12\x20\x0a\x10"), "a Core ML or TensorFlow model"),
            (&long(b"\x08\x01\x12\xe8\x07\x0a\x10"), "a Core ML or TensorFlow model"),
            (&long(b"\x08\x01\x12\xe8\x87\x03\x0a\x10"), "a Core ML or TensorFlow model"),
            (b"\x0a\x19\x0a\x05input\x12\x0bPlaceholder", "a TensorFlow graph"),
            (b"\x0a\x99\x01\x0a\x05input\x12\x0bPlaceholder", "a TensorFlow graph"),
            (&long(b"\x20\0\0\0ORTM"), "an ONNX Runtime model"),
            (b"{\"format\":\"layers-model\"}", "a JSON file"),
            (b"\xef\xbb\xbf  <!DOCTYPE HTML>\r\n<title>", "a web page: download the model itself"),
            (b"<?xml version=\"1.0\"?><net>", "an XML file"),
            (b"Epoch 1: 98.2 %\n", "a text file"),
            ("größer".as_bytes(), "a text file"),
            (&"ö".as_bytes()[..1], "nothing"),
            (&long(b"\x89PNG\r\n\x1a\n"), PICTURE),
            (&long(b"\xff\xd8\xff\xe0\0\x10JFIF"), PICTURE),
            (&long(b"BM\x46\0\0\0\0\0\0\0\x36"), PICTURE),
            (b"BMW and others", "a text file"),
            (b"RIFF\x10\0\0\0WEBPVP8 ", PICTURE),
            (&long(b"\0\0\0\x18ftypheic"), PICTURE),
            (&long(b"\0\0\0\x18ftypisom"), "a video"),
            (&long(b"%PDF-1.7"), "a PDF document"),
            (&long(b"\x1f\x8b\x08"), COMPRESSED),
            (&tar, COMPRESSED),
            (
                b"version https://git-lfs.github.com/spec/v1\noid sha256:",
                "a Git LFS pointer: the file that it stands for was not downloaded",
            ),
            (b"tacit plan 1\n", "a plan of Tacit, which has no weights"),
            (b"", "nothing"),
            (&[0; 64], "nothing"),
            (b"\x01\x02\x03", "nothing"),
        ];
        for (file, kind) in cases {
            assert_eq!(of(file).unwrap_or("nothing"), *kind, "{}", String::from_utf8_lossy(file));
        }
    }

    #[test]
    fn a_character_that_is_cut_at_the_end_is_text_all_the_same() {
        let text = "ö".repeat(1 << 10);
        assert_eq!(of(&text.as_bytes()[..(1 << 10) - 1]), Some("a text file"));
        assert_eq!(of(&text.as_bytes()[1..]), None);
    }
}
