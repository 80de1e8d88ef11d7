use super::*;

fn chunk(name: &[u8; 4], content: &[u8]) -> Vec<u8> {
    let length = (content.len() as u32).to_be_bytes();
    [&length[..], name, content, &[0; 4]].concat()
}

fn png_of(width: u32, height: u32, before: &[u8]) -> Vec<u8> {
    let header = [&width.to_be_bytes()[..], &height.to_be_bytes(), &[8, 0, 0, 0, 0]].concat();
    let head = b"\x89PNG\r\n\x1a\n".as_slice();
    [head, &chunk(b"IHDR", &header), before, &chunk(b"IDAT", &[1, 2, 3]), &chunk(b"IEND", &[])].concat()
}

fn jpeg_of(frame: u8, width: u16, height: u16) -> Vec<u8> {
    let mut bytes = vec![0xff, 0xd8, 0xff, 0xe0, 0, 4, 1, 2, 0xff, 0xff, 0xc4, 0, 3, 9];
    bytes.extend([0xff, frame, 0, 11, 8]);
    bytes.extend(height.to_be_bytes().into_iter().chain(width.to_be_bytes()));
    bytes.extend([1, 1, 0x11, 0]);
    // A scan with a restart and a byte that looks like a marker, and the end.
    bytes.extend([0xff, 0xda, 0, 8, 1, 1, 0, 0, 63, 0, 1, 2, 0xff, 0xd0, 3, 0xff, 0, 4, 0xff, 0xd9]);
    bytes
}

fn gif_of(pictures: usize) -> Vec<u8> {
    let mut bytes = b"GIF89a".to_vec();
    // 5 × 4, a table of two colours.
    bytes.extend([5, 0, 4, 0, 0x80, 0, 0, 0, 0, 0, 255, 255, 255]);
    for _ in 0..pictures {
        bytes.extend([0x21, 0xf9, 4, 0, 10, 0, 0, 0]);
        bytes.extend([0x2c, 0, 0, 0, 0, 5, 0, 4, 0, 0, 2, 2, 0x8c, 0x2d, 0]);
    }
    bytes.push(0x3b);
    bytes
}

fn webp_of(name: &[u8; 4], content: &[u8]) -> Vec<u8> {
    let length = (content.len() as u32).to_le_bytes();
    [b"RIFF\0\0\0\0WEBP".as_slice(), name, &length, content].concat()
}

/// Makes an animated WebP file with this number of frames.
fn webp_that_moves(frames: usize) -> Vec<u8> {
    let mut bytes = webp_of(b"VP8X", &[2, 0, 0, 0, 0x3f, 1, 0, 0xef, 0, 0]);
    bytes.extend(b"ANIM\x06\0\0\0\0\0\0\0\0\0");
    for _ in 0..frames {
        // Three bytes of content, and one to make them even.
        bytes.extend(b"ANMF\x03\0\0\0\x01\x02\x03\0");
    }
    bytes
}

fn bmp_of(header: u32, sides: &[u8]) -> Vec<u8> {
    [b"BM\0\0\0\0\0\0\0\0\0\0\0\0".as_slice(), &header.to_le_bytes(), sides].concat()
}

fn good_ones() -> Vec<(&'static str, Vec<u8>, (u32, u32))> {
    let sides = |width: i32, height: i32| [width.to_le_bytes(), height.to_le_bytes()].concat();
    vec![
        ("png", png_of(640, 480, &chunk(b"tEXt", b"acTL")), (640, 480)),
        ("png that says it has one frame", png_of(3, 4, &chunk(b"acTL", &[0, 0, 0, 1, 0, 0, 0, 0])), (3, 4)),
        ("jpeg", jpeg_of(0xc0, 4000, 3000), (4000, 3000)),
        ("progressive jpeg", jpeg_of(0xc2, 7, 9), (7, 9)),
        ("gif", gif_of(1), (5, 4)),
        ("webp, lossy", webp_of(b"VP8 ", &[0, 0, 0, 0x9d, 1, 0x2a, 0x40, 1, 0xf0, 0]), (320, 240)),
        ("webp, lossless", webp_of(b"VP8L", &[0x2f, 0x3f, 0xc1, 0x3b, 0]), (320, 240)),
        ("webp, extended", webp_of(b"VP8X", &[0x10, 0, 0, 0, 0x3f, 1, 0, 0xef, 0, 0]), (320, 240)),
        ("webp that may move and has one frame", webp_that_moves(1), (320, 240)),
        ("bmp", bmp_of(40, &sides(320, -240)), (320, 240)),
        ("old bmp", bmp_of(12, &[64, 1, 240, 0]), (320, 240)),
    ]
}

#[test]
fn sizes_are_read_from_every_kind() {
    for (name, bytes, size) in good_ones() {
        assert_eq!(inspect(&bytes), Ok(size), "{name}");
    }
}

#[test]
fn what_moves_is_refused() {
    for (name, bytes) in [
        ("png", png_of(3, 4, &chunk(b"acTL", &[0, 0, 0, 2, 0, 0, 0, 0]))),
        ("gif", gif_of(2)),
        ("webp", webp_that_moves(2)),
        ("webp without a frame", webp_that_moves(0)),
    ] {
        assert_eq!(inspect(&bytes), Err(Refusal::Animated), "{name}");
    }
}

#[test]
fn too_many_pixels_are_refused_before_they_are_decoded() {
    assert_eq!(inspect(&png_of(10_000, 4_999, &[])), Ok((10_000, 4_999)));
    for (width, height) in [(10_000, 5_000), (1, 50_000_000), (u32::MAX, u32::MAX)] {
        let refusal = Refusal::TooManyPixels { width, height };
        assert_eq!(inspect(&png_of(width, height, &[])), Err(refusal));
        assert!(refusal.text().contains("megapixels"));
    }
    assert_eq!(inspect(&jpeg_of(0xc0, 8_000, 6_250)), Err(Refusal::TooManyPixels { width: 8_000, height: 6_250 }));
}

#[test]
fn what_is_no_picture_is_refused() {
    for bytes in [&b""[..], b"hello", b"GIF90a", b"\xff\xd8", b"\0\0\0\x18ftypmp42"] {
        assert_eq!(inspect(bytes), Err(Refusal::NoPicture));
    }
    assert_eq!(inspect(&vec![0; MOST_BYTES + 1]), Err(Refusal::TooManyBytes));
    assert_eq!(inspect(&png_of(0, 7, &[])), Err(Refusal::Damaged));
}

#[test]
fn kinds_that_people_have_and_that_are_not_read_are_named() {
    for (bytes, name) in [
        (&b"<?xml version=\"1.0\"?><svg xmlns=\"http://www.w3.org/2000/svg\"/>"[..], "an SVG file"),
        (b"%PDF-1.7", "a PDF file"),
        (b"\0\0\0\x24ftypheic\0\0\0\0mif1heic", "a HEIC file"),
        (b"\0\0\0\x20ftypavif\0\0\0\0avifmif1", "an AVIF file"),
        (b"II*\0\x08\0\0\0", "a TIFF file"),
        (b"\0\0\0\x0cJXL \r\n\x87\n", "a JPEG XL file"),
    ] {
        let refusal = inspect(bytes).unwrap_err();
        assert!(refusal.text().contains(name) && refusal.text().contains("PNG or JPEG"), "{refusal:?}");
    }
}

#[test]
fn the_end_of_a_jpeg_is_missed_and_what_is_between_its_segments_is_not() {
    let whole = jpeg_of(0xc0, 4, 4);
    assert!(look(&whole).unwrap().has_end);
    let cut = look(&whole[..whole.len() - 2]).unwrap();
    assert_eq!((cut.width, cut.height, cut.has_end), (4, 4, false));
    assert!(look(&whole[..whole.len() - 20]).is_err(), "nothing of its pixels");
    // Inserted behind the first segment.
    let extraneous = [&whole[..8], &[0x12, 0x34, 0], &whole[8..]].concat();
    let read = look(&extraneous).unwrap();
    assert_eq!((read.width, read.height, read.has_end), (4, 4, true));
}

#[test]
fn a_file_that_is_cut_off_anywhere_is_refused_or_read_and_never_breaks_anything() {
    for (name, bytes, size) in good_ones() {
        for length in 0..bytes.len() {
            if let Ok(read) = inspect(&bytes[..length]) {
                assert_eq!(read, size, "{name} after {length} bytes");
            }
        }
    }
}

#[test]
fn no_byte_that_is_changed_breaks_anything() {
    for (_, bytes, _) in good_ones() {
        for at in 0..bytes.len() {
            for value in [0, 1, 0x7f, 0x80, 0xff] {
                let mut changed = bytes.clone();
                changed[at] = value;
                // Any result is allowed; a panic is not.
                inspect(&changed).ok();
            }
        }
    }
}

#[test]
fn every_refusal_says_what_to_do_in_sentences() {
    let many = Refusal::TooManyPixels { width: 9_000, height: 6_000 };
    for refusal in [
        Refusal::TooManyBytes,
        Refusal::NoPicture,
        Refusal::Foreign("a PDF"),
        Refusal::Damaged,
        Refusal::Animated,
        many,
        Refusal::Blank,
    ] {
        let text = refusal.text();
        assert!(text.ends_with('.') && text.contains("ake "), "{text}");
    }
}
