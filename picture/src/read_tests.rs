use std::io::Cursor;

use image::{GrayImage, ImageEncoder as _, ImageFormat, Luma, codecs};

use super::*;

/// Returns the pixels in the four quarters: upper left, upper right, lower left, lower right.
fn quarters(photo: &Photo) -> [u8; 4] {
    let (width, height, rgba) = photo.pixels();
    [(1, 1), (3, 1), (1, 3), (3, 3)].map(|(x, y)| rgba[(y * height / 4 * width + x * width / 4) * 4])
}

/// Four shades of grey, 48 × 32.
fn shades() -> GrayImage {
    GrayImage::from_fn(48, 32, |x, y| Luma([[[10, 80], [160, 240]][usize::from(y >= 16)][usize::from(x >= 24)]]))
}

fn file(format: ImageFormat) -> Vec<u8> {
    let mut bytes = Vec::new();
    let picture = DynamicImage::from(shades());
    let picture = match format {
        ImageFormat::Gif => picture.into_rgba8().into(),
        ImageFormat::WebP => picture.into_rgb8().into(),
        _ => picture,
    };
    picture.write_to(&mut Cursor::new(&mut bytes), format).unwrap();
    bytes
}

/// Makes Exif data with only an orientation.
fn exif(orientation: u8, is_big_endian: bool) -> Vec<u8> {
    match is_big_endian {
        true => [b"MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0".as_slice(), &[orientation], &[0; 6]].concat(),
        false => [b"II\x2a\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0".as_slice(), &[orientation, 0], &[0; 6]].concat(),
    }
}

fn encoded(format: ImageFormat, exif: Vec<u8>) -> Vec<u8> {
    let mut bytes = Vec::new();
    let (shades, grey, colour) = (shades(), image::ExtendedColorType::L8, image::ExtendedColorType::Rgb8);
    match format {
        ImageFormat::Jpeg => {
            let mut encoder = codecs::jpeg::JpegEncoder::new_with_quality(&mut bytes, 95);
            encoder.set_exif_metadata(exif).unwrap();
            encoder.write_image(&shades, 48, 32, grey).unwrap();
        }
        ImageFormat::Png => {
            let mut encoder = codecs::png::PngEncoder::new(&mut bytes);
            encoder.set_exif_metadata(exif).unwrap();
            encoder.write_image(&shades, 48, 32, grey).unwrap();
        }
        _ => {
            let mut encoder = codecs::webp::WebPEncoder::new_lossless(&mut bytes);
            encoder.set_exif_metadata(exif).unwrap();
            encoder.write_image(&DynamicImage::from(shades).into_rgb8(), 48, 32, colour).unwrap();
        }
    }
    bytes
}

#[test]
fn every_kind_of_file_is_read() {
    use ImageFormat::{Bmp, Gif, Jpeg, Png, WebP};
    for format in [Bmp, Gif, Jpeg, Png, WebP] {
        let photo = read(&file(format)).unwrap_or_else(|refusal| panic!("{format:?}: {refusal:?}"));
        let near = |(is, wanted): (u8, u8)| is.abs_diff(wanted) < 4;
        assert!(quarters(&photo).into_iter().zip([10, 80, 160, 240]).all(near), "{format:?}: {:?}", quarters(&photo));
    }
}

/// As the Exif standard defines them, for a picture that is `A B` above `C D`.
#[test]
fn all_orientations_are_honoured_in_every_kind_of_file_that_has_them() {
    let [a, b, c, d] = [10, 80, 160, 240_u8];
    let turned = [
        [a, b, c, d],
        [b, a, d, c],
        [d, c, b, a],
        [c, d, a, b],
        [a, c, b, d],
        [c, a, d, b],
        [d, b, c, a],
        [b, d, a, c],
    ];
    for format in [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::WebP] {
        for (i, wanted) in turned.into_iter().enumerate() {
            for is_big_endian in [false, true] {
                let orientation = i as u8 + 1;
                let photo = read(&encoded(format, exif(orientation, is_big_endian))).unwrap();
                let (width, height, _) = photo.pixels();
                assert_eq!(
                    (width, height),
                    if orientation > 4 { (32, 48) } else { (48, 32) },
                    "{format:?} {orientation}"
                );
                let near = quarters(&photo).into_iter().zip(wanted).all(|(is, wanted)| is.abs_diff(wanted) < 4);
                assert!(near, "{format:?} {orientation}: {:?}", quarters(&photo));
            }
        }
        // Invalid Exif data rotates nothing.
        for nonsense in [exif(0, true), exif(9, false), b"Exif\0\0MM".to_vec(), vec![1, 2, 3]] {
            let photo = read(&encoded(format, nonsense)).unwrap();
            assert_eq!(photo.pixels().0, 48);
        }
    }
}

#[test]
fn exif_data_count_also_behind_the_pixels_and_with_their_name() {
    let png = file(ImageFormat::Png);
    let exif = exif(6, true);
    let mut chunk = [&(exif.len() as u32).to_be_bytes()[..], b"eXIf", &exif].concat();
    chunk.extend([0; 4]);
    let end = png.len() - 12;
    assert_eq!(read(&[&png[..end], &chunk, &png[end..]].concat()).unwrap().pixels().0, 32);
    let named = [b"Exif\0\0".as_slice(), &exif].concat();
    assert_eq!(read(&encoded(ImageFormat::WebP, named)).unwrap().pixels().0, 32);
}

#[test]
fn a_file_that_is_cut_off_is_damaged_and_one_that_lacks_only_its_end_is_not() {
    use ImageFormat::{Bmp, Gif, Jpeg, Png, WebP};
    for format in [Bmp, Gif, Jpeg, Png, WebP] {
        let whole = file(format);
        for part in [25, 50, 75, 90] {
            let cut = &whole[..whole.len() * part / 100];
            assert_eq!(read(cut).err(), Some(Refusal::Damaged), "{part} % of {format:?}");
        }
    }
    let jpeg = file(ImageFormat::Jpeg);
    for without_end in [&jpeg[..jpeg.len() - 2], &jpeg[..jpeg.len() - 1]] {
        assert_eq!(quarters(&read(without_end).unwrap()), quarters(&read(&jpeg).unwrap()));
    }
}

#[test]
fn a_jpeg_that_is_cut_off_anywhere_in_its_pixels_is_damaged() {
    // Grain, so that every block takes some bytes.
    let noisy = GrayImage::from_fn(64, 64, |x, y| Luma([((x * 37 + y * 101 + x * y * 17) % 251) as u8]));
    let mut jpeg = Vec::new();
    codecs::jpeg::JpegEncoder::new_with_quality(&mut jpeg, 80).encode_image(&noisy).unwrap();
    let scan = jpeg.windows(2).position(|pair| pair == [0xff, 0xda]).unwrap() + 10;
    for length in scan..jpeg.len() - 8 {
        assert_eq!(read(&jpeg[..length]).err(), Some(Refusal::Damaged), "{length} of {}", jpeg.len());
    }
    assert!(read(&jpeg[..jpeg.len() - 2]).is_ok());
}

#[test]
fn a_large_picture_is_made_smaller_in_its_shape() {
    let mut bytes = Vec::new();
    DynamicImage::new_luma8(3_000, 1_500).write_to(&mut Cursor::new(&mut bytes), ImageFormat::Png).unwrap();
    let photo = read(&bytes).unwrap();
    assert_eq!((photo.pixels().0, photo.pixels().1), (1_024, 512));
}
